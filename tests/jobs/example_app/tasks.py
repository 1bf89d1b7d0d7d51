"""Found by the autodiscovery of jobs: real workers know the examples too."""

from tests.jobs import examples, worker_examples

__all__ = ["examples", "worker_examples"]
