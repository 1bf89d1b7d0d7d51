"""Analysis and apply of 1,000 scenes, each with four tags and four markers, the tagger answering within 1 ms.

    python -m bench.changes [--scenes 1000]

The limit is the same writes in the best bare batches: the same client sends them, 200 an order, to the same server, and
keeps no record. Stash and tagger are `bench.write_server`. Printed are seconds and seconds of the processor as JSON.
A database made for the bench, and dropped; DATABASE_URL says where.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from bench.servers import write_server

os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
TAGS, PER_ORDER = 4, 200
Seconds = dict[str, float]


def measure(name: str, call: Callable[[], Any]) -> Seconds:
    begun, cpu = time.perf_counter(), time.process_time()
    call()
    return {name: time.perf_counter() - begun, f"{name}_cpu": time.process_time() - cpu}


def bare(scenes: int) -> None:
    """All tags and markers in few requests, and nothing else."""
    from jobs.waiting import Waiter
    from scenes import services
    from scenes.clients.stash.client import NewMarker, TagChange
    from scenes.pieces import pieces

    stash = services.stash(Waiter())
    tags = [stash.create_tag(f"Seen {number}_AI").id for number in range(1, TAGS + 1)]
    for part in pieces(range(1, scenes + 1), PER_ORDER):
        stash.add_tags([TagChange(tuple(map(str, part)), tuple(tags))])
    made = [NewMarker(str(n), "a title", 100.0, tag, 160.0) for n in range(1, scenes + 1) for tag in tags]
    for markers in pieces(made, PER_ORDER):
        stash.create_markers(markers)


def fill(scenes: int) -> None:
    from django.utils import timezone

    from scenes.models import Scene, SceneFile, SyncState

    SyncState.objects.get_or_create(pk=SyncState.SINGLETON, defaults={"library_folders": ["/data"]})
    numbers, now = range(1, scenes + 1), timezone.now()
    Scene.objects.bulk_create(Scene(id=n, title=f"Scene {n}", created_at=now, remote_updated_at="") for n in numbers)
    files = (SceneFile(id=n, scene_id=n, path=f"/data/{n}.mp4", duration=1800) for n in numbers)
    SceneFile.objects.bulk_create(files)


def run(type: str, **params: Any) -> None:
    from jobs import testing

    job = testing.run(type, **params)
    assert job.status == "completed", (job.status, job.error_message)


def rounds(count: int, url: str) -> Seconds:
    from jobs.worker import cluster
    from scenes.models import Plan

    cluster.preload()  # as in a worker: what is imported and made once is no part of it, and the collector looks seldom
    fill(count)
    bare(2)
    found = measure("bare", lambda: bare(count))
    urllib.request.urlopen(urllib.request.Request(f"{url}/empty", method="POST")).close()
    found |= measure("analysis", lambda: run("analysis", scene_ids=list(range(1, count + 1))))
    found |= measure("apply", lambda: run("apply_plan", plan_id=Plan.objects.get().pk))
    with urllib.request.urlopen(f"{url}/count") as answer:
        counts = json.load(answer)
    assert counts == {"tags": TAGS * count, "markers": TAGS * count}, counts
    return found


def main(scenes: int) -> Seconds:
    with write_server(scenes) as url, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        given = {"STASHHOG_STASH_URL": url, "STASHHOG_TAGGER_URL": url, "STASHHOG_DATA_DIR": folder}
        os.environ |= {**given, "STASHHOG_LOG_LEVEL": "ERROR"}
        import django

        django.setup()
        from django.db import connection

        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            return rounds(scenes, url)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Analysis and apply of many scenes.")
    command_line.add_argument("--scenes", type=int, default=1000)
    json.dump(main(command_line.parse_args().scenes), sys.stdout)
