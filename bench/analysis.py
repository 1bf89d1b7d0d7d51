"""How full the slots of the tagger are: a batch of films, at a simulated tagger that takes a while for each.

    python -m bench.analysis [--films 200] [--seconds 0.2] [--slots 1,2,4,16]

Printed as JSON are, for each number of slots, the most films that were asked for at once, how many seconds the batch
took, those of the ideal, which are the seconds of a film, times films by slots, and those of the processor, with the
tagger's. What is above the ideal is StashHog's own time between two films of a slot, and that of a job's begin and end:
at most MOST of the ideal and BEGIN_AND_END.
A database made for the bench, and dropped; DATABASE_URL says where.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("STASHHOG_DATA_DIR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
os.environ.setdefault("STASHHOG_LOG_LEVEL", "ERROR")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
MOST, BEGIN_AND_END = 1.08, 1.0  # of the ideal; seconds
SEEN = {"actions": {"Dog": [(0.0, 1.0, 0.9)]}}


def fill(count: int, folder: Path) -> None:
    from django.utils import timezone

    from scenes.models import Scene, SceneFile, SyncState
    from scenes.simulators.videos import make_video

    now = timezone.now()
    SyncState.objects.create(pk=SyncState.SINGLETON, library_folders=[str(folder)])
    film = make_video(folder / "1.mp4", seconds=2, size=(64, 36), frame_rate=5)
    for pk in range(1, count + 1):
        Scene.objects.create(id=pk, created_at=now + timedelta(seconds=pk), remote_updated_at="")
        path = folder / f"{pk}.mp4"
        SceneFile.objects.create(id=pk, scene_id=pk, path=str(path), duration=2)
        if pk > 1:
            path.symlink_to(film)


def measure(slots: int, count: int, seconds: float, folder: Path) -> dict[str, float]:
    from jobs import testing
    from scenes.configuration.saving import save
    from scenes.simulators.tagger import running_tagger

    with running_tagger(seconds=seconds, answers="v3") as tagger:
        tagger._places = asyncio.Semaphore(slots)
        for pk in range(1, count + 1):
            tagger.see(str(folder / f"{pk}.mp4"), SEEN)
        save({"tagger_url": tagger.url, "tagger_parallel": str(slots)}, None)
        begun, cpu = time.perf_counter(), time.process_time()
        job = testing.run("analysis", scene_ids=list(range(1, count + 1)), detect_tags=False)
        taken = time.perf_counter() - begun
        assert job.status == "completed" and tagger.count.total == count, job.error_message
        ideal = math.ceil(count / slots) * seconds
        return {"most": tagger.count.most, "took": taken, "ideal": ideal, "cpu": time.process_time() - cpu}


def main(films: int, seconds: float, slots: list[int]) -> dict[int, dict[str, float]]:
    import django

    django.setup()
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            fill(films, Path(folder))
            return {number: measure(number, films, seconds, Path(folder)) for number in slots}
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="How full the slots of the tagger are.")
    command_line.add_argument("--films", type=int, default=200)
    command_line.add_argument("--seconds", type=float, default=0.2)
    command_line.add_argument("--slots", default="1,2,4,16")
    options = command_line.parse_args()
    found = main(options.films, options.seconds, [int(number) for number in options.slots.split(",")])
    json.dump(found, sys.stdout)
