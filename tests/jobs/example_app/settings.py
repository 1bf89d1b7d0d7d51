"""The project's settings with the examples, for real worker processes."""

import os

from stashhog.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.example_app"]  # noqa: F405
if "STASHHOG_EXAMPLE_BROKER" in os.environ:
    Q_CLUSTER = Q_CLUSTER | {"broker_class": "tests.jobs.example_app.broker.BadBroker"}  # noqa: F405
