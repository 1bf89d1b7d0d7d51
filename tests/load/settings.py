"""The project's settings with the examples of these tests, for real web and worker processes."""

from stashhog.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.load"]  # noqa: F405
