"""One database's rounds, in a process of its own; prints seconds as JSON. `bench.sync` starts it.

In a process as a worker's is: it has imported all, and its collector looks at new objects seldom, for the limit too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

import django
from django.db import connection

Seconds = dict[str, float]


def measure(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def one_round() -> Seconds:
    """Drain, full sync into empty tables, and full sync of what is all there already; ``…_cpu``: of the processor."""
    empty_tables()
    took: Seconds = {}
    for name, call in (("drain", drain), ("first", full_sync), ("again", full_sync)):
        cpu = time.process_time()
        took[name] = measure(call)
        took[f"{name}_cpu"] = time.process_time() - cpu
    return took


def drain() -> None:
    """The same pages with the same client, fetched and parsed one after the other, and dropped."""
    from jobs.waiting import Waiter
    from scenes import services
    from scenes.clients.stash.client import PAGE

    stash, page, rows = services.stash(Waiter()), 0, PAGE
    while rows == PAGE:
        page += 1
        rows = len(stash.scene_page(page))


def full_sync() -> None:
    from jobs import testing

    job = testing.run("sync", force=True)
    assert job.status == "completed", job.error_message


def empty_tables() -> None:
    from scenes import models
    from scenes.models.library import ScenePerformer, SceneTag
    from scenes.search.indexes import take_in

    linked = (SceneTag, ScenePerformer, models.Marker, models.SceneFile, models.Scene)
    with connection.cursor() as cursor:
        for model in (*linked, models.Tag, models.Performer, models.Studio, models.SyncState):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
    while take_in():  # or the next sync would take the words of these rows out of the index
        pass


def run(rounds: int) -> list[Seconds]:
    """``rounds`` rounds on a database made for them; the tables are made and dropped."""
    from jobs.worker.cluster import preload

    preload()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        drain()  # what is loaded but once
        return [one_round() for _ in range(rounds)]
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser()
    command_line.add_argument("--rounds", type=int, default=3)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
    django.setup()
    sys.stdout.write(json.dumps(run(command_line.parse_args().rounds)))
