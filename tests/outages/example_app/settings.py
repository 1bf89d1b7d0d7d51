"""The project's settings with the examples, for real worker processes."""

from stashhog.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.outages.example_app"]  # noqa: F405
