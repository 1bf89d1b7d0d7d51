"""Found by the autodiscovery of jobs: real workers know the toys too."""

from tests.jobs import toys, toys_for_workers

__all__ = ["toys", "toys_for_workers"]
