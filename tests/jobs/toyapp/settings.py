"""The project's settings with the toys, for real worker processes."""

import os

from stashhog.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.toyapp"]  # noqa: F405
if "STASHHOG_TOY_BROKER" in os.environ:
    Q_CLUSTER = Q_CLUSTER | {"broker_class": "tests.jobs.toyapp.broker.BadBroker"}  # noqa: F405
