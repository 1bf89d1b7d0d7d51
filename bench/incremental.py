"""Incremental syncs of 100,000 scenes, from a server that takes the time that a real Stash takes.

    python -m bench.incremental [--scenes 100000] [--only-peak]

Prints seconds as JSON; ``sweeps``: two answers with the ids of all scenes, which deletions need, with the same client;
``peak``: the most memory that the full sync before took, in MB.
A database made for the bench, and dropped; DATABASE_URL says where.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bench.servers import page_server

Seconds = dict[str, float]


def change(url: str, **what: Any) -> None:
    """Tell the server what changes in its library."""
    request = urllib.request.Request(f"{url}/state", json.dumps(what).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def sync() -> None:
    from jobs import testing

    job = testing.run("sync")
    assert job.status == "completed", job.error_message


def sweeps() -> None:
    from jobs.waiting import Waiter
    from scenes import services

    stash = services.stash(Waiter())
    assert stash.scene_ids() == stash.scene_ids()


def first_sync() -> Seconds:
    from bench.rounds import full_sync, measure

    return {"full": measure(full_sync), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measured(url: str, scenes: int) -> Seconds:
    """What changes in Stash → the seconds of the sync that follows."""
    from bench.rounds import measure

    def timestamp(ago: timedelta) -> str:
        return (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%SZ")

    took = first_sync()
    sync()  # what is loaded but once
    took["nothing"] = measure(sync)
    change(url, changed=list(range(500, 600)), updated_at=timestamp(timedelta(minutes=1)))
    took["changed"] = measure(sync)
    change(url, changed=list(range(1000, 1000 + scenes // 10)), updated_at=timestamp(timedelta(hours=2)))
    sync()
    took["synced"] = measure(sync)
    change(url, destroyed=list(range(10, scenes, scenes // 15))[:15])
    took["destroyed"] = measure(sync)
    took["sweeps"] = measure(sweeps)
    return took


def in_a_database(stash_url: str, call: Callable[[], Seconds]) -> Seconds:
    """What is measured with a database and a data folder made for it, by a process that does nothing else."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {"STASHHOG_DATA_DIR": folder, "STASHHOG_STASH_URL": stash_url, "STASHHOG_LOG_LEVEL": "WARNING"}
        os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
        import django

        django.setup()
        from django.db import connection

        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            return call()
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser()
    command_line.add_argument("--scenes", type=int, default=100_000)
    command_line.add_argument("--only-peak", action="store_true", help="the full sync, as fast as pages come")
    given = command_line.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")  # of the server of pages, too
    with page_server(given.scenes, paced=not given.only_peak) as address:
        figures = first_sync if given.only_peak else partial(measured, address, given.scenes)
        sys.stdout.write(json.dumps(in_a_database(address, figures)))
