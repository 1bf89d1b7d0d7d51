"""`python -m tests.jobs.impatient_supervisor`: a supervisor with short intervals, for tests of slow clusters.

STASHHOG_TEST_INTERVALS  JSON: constants of `jobs.worker.supervisor`
STASHHOG_TEST_CLUSTER   a shell's command instead of the cluster's own, which is "$@" in it
"""

from __future__ import annotations

import json
import os
import sys

import django


def main() -> None:
    django.setup()
    from jobs.worker import supervisor

    for name, value in json.loads(os.environ["STASHHOG_TEST_INTERVALS"]).items():
        setattr(supervisor, name, value)
    command = ["manage.py", "qcluster"]
    shell = os.environ.get("STASHHOG_TEST_CLUSTER", 'exec "$@"')
    supervisor.ClusterSupervisor(["sh", "-c", shell, "sh", sys.executable, *command]).run()


if __name__ == "__main__":
    main()
