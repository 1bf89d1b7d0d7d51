"""The project's settings with the jobs of this bench."""

from stashhog.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "bench.engine"]  # noqa: F405
