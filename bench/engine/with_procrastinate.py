"""The same with procrastinate, which only the bench requires."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import procrastinate  # type: ignore[import-not-found, unused-ignore]
import psycopg

from bench.engine.small import small

ADDRESS = os.environ["DATABASE_URL"]
app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=ADDRESS))
task = app.task(name="small")(small)
# Of each job: when it was deferred, and when a worker fetched it.
TIMES = """
    SELECT extract(epoch FROM s.at - d.at)::float FROM procrastinate_events d JOIN procrastinate_events s USING (job_id)
    WHERE d.type = 'deferred' AND s.type = 'started' ORDER BY job_id DESC LIMIT %s
"""


class Procrastinate:
    # Two processes, as with the others; each does one job at a time.
    worker = ["/bin/sh", "-c", "{0} & exec {0}".format(f"{sys.executable} -m bench.engine.with_procrastinate")]

    def prepare(self) -> None:
        app.open()
        app.schema_manager.apply_schema()
        self.connection = psycopg.connect(ADDRESS, autocommit=True)

    def start(self, count: int) -> None:
        for _ in range(count):
            task.defer(begun=time.time())

    def ended(self) -> int:
        return self._rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'")[0]

    def waits(self, last: int) -> list[float]:
        return self._rows(TIMES, last)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return [row[0] for row in self.connection.execute(query, values or None)]


if __name__ == "__main__":
    with app.replace_connector(procrastinate.PsycopgConnector(conninfo=ADDRESS)) as working:
        working.run_worker(concurrency=1)
