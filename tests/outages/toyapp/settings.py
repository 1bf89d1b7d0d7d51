"""The project's settings with the toys, for real worker processes."""

from stashhog.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.outages.toyapp"]  # noqa: F405
