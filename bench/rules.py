"""Trying changed rules on the kept spans of 10,000 scenes: nothing is asked, so it has to take seconds.

    python -m bench.rules [--scenes 10000]

Each scene is a film of half an hour in which 12 tags were seen, three of them flickering (about 370 spans in 2
categories). It has 6 tags of its own, and 5 tags and 8 markers of ours. The limit is 10 s. Printed are seconds and
processor seconds, bytes of spans a scene, and the statements. A database made for the bench, and dropped; DATABASE_URL
says where.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("STASHHOG_DATA_DIR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
LIMIT = 10.0  # seconds
FRAMES, INTERVAL = 900, 2.0  # of a film; seconds between two of them
FLICKERING = ("Face", "Hands", "Lamp")
THERE = ("Kissing", "Dancing", "Beach", "Couch", "Dog", "Cat", "Car", "Pool", "Rain")
TAGS = {name: number for number, name in enumerate((*FLICKERING, *THERE), 1)}


def spans_of(dice: random.Random, category: str) -> Iterator[Any]:
    from scenes.clients.tagger.answers import TagSpan

    for name in FLICKERING if category == "body" else ():
        share = dice.uniform(0.08, 0.25)
        for frame in range(FRAMES):
            if dice.random() < share:
                yield TagSpan(category, name, frame * INTERVAL, None, round(dice.uniform(0.3, 0.9), 3))
    for name in dice.sample(THERE, 5) if category == "actions" else ():
        for _ in range(dice.randint(1, 4)):
            start = dice.randrange(FRAMES - 100) * INTERVAL
            yield TagSpan(category, name, start, start + dice.randrange(2, 90) * INTERVAL, round(dice.random(), 3))


def fill(scenes: int) -> int:
    """Bytes of spans in all."""
    from django.utils import timezone

    from scenes import models
    from scenes.analysis.spans import packed
    from scenes.models.library import SceneTag

    dice, now = random.Random(1), timezone.now()
    models.Tag.objects.bulk_create(models.Tag(id=pk, name=f"{name}_AI") for name, pk in TAGS.items())
    models.Tag.objects.bulk_create(models.Tag(id=pk, name=f"Theirs {pk}") for pk in range(100, 160))
    model = models.TaggerModel.objects.create(name="a model", version="1")
    plan, total = models.Plan.objects.create(), 0
    numbers = range(1, scenes + 1)
    models.Scene.objects.bulk_create(
        models.Scene(id=n, title=f"Scene {n}", created_at=now, remote_updated_at="") for n in numbers
    )
    models.SceneFile.objects.bulk_create(
        models.SceneFile(id=n, scene_id=n, path=f"/data/{n}.mp4", duration=1800) for n in numbers
    )
    for part in range(1, scenes + 1, 1000):
        rows: dict[type[Any], list[Any]] = {}
        for n in range(part, min(part + 1000, scenes + 1)):
            for category in ("actions", "body"):
                spans = packed(spans_of(dice, category))
                total += len(spans)
                rows.setdefault(models.TaggerResult, []).append(
                    models.TaggerResult(
                        scene_id=n, category=category, model=model, frame_interval=INTERVAL, threshold=0.3,
                        duration=1800, spans=spans,
                    )
                )  # fmt: skip
            ours = dice.sample(sorted(TAGS.values()), 5)
            links = [*ours, *dice.sample(range(100, 160), 6)]
            rows.setdefault(SceneTag, []).extend(SceneTag(scene_id=n, tag_id=pk) for pk in links)
            rows.setdefault(models.Change, []).extend(_tag_made(plan, n, pk) for pk in ours)
            for number in range(8):
                start = number * 200 + dice.randrange(150)
                made, marker = _marker_made(plan, n, n * 10 + number, ours[number % 5], start)
                rows[models.Change].append(made)
                rows.setdefault(models.Marker, []).append(marker)
        for table, found in rows.items():
            table.objects.bulk_create(found)
    return total


def _tag_made(plan: Any, scene: int, tag: int) -> Any:
    name = next(name for name, pk in TAGS.items() if pk == tag)
    return _made(plan, scene, "add_tag", {"name": f"{name}_AI"}, {"present": True, "tag_id": tag})


def _marker_made(plan: Any, scene: int, pk: int, tag: int, start: int) -> tuple[Any, Any]:
    from scenes.models import Marker

    name = f"{next(name for name, pk in TAGS.items() if pk == tag)}_AI"
    value = {"tag": name, "title": name, "start": float(start), "end": start + 30.0}
    change = _made(plan, scene, "add_marker", value, {"present": True, "tag_id": tag, "marker_id": pk})
    return change, Marker(id=pk, scene_id=scene, title=name, seconds=start, end_seconds=start + 30, primary_tag_id=tag)


def _made(plan: Any, scene: int, kind: str, value: dict[str, Any], after: dict[str, Any]) -> Any:
    from scenes.models import Change
    from scenes.plans.values import change_key

    return Change(
        plan=plan, scene_id=scene, kind=kind, value=value, key=change_key(kind, value), detector="detect_video_tags",
        status="applied", before={"present": False}, after=after,
    )  # fmt: skip


def measure(call: Callable[[], Any]) -> tuple[Any, float, float]:
    start, cpu = time.perf_counter(), time.process_time()
    return call(), time.perf_counter() - start, time.process_time() - cpu


def main(scenes: int) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from scenes.models import TagRule
    from scenes.rules.trying import trial

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        size = fill(scenes)
        TagRule.objects.create(tag_name="Dog", wanted=False)
        TagRule.objects.create(tag_name="Cat", min_marker_duration=30, required_scene_tag_duration="4%")
        result, seconds, cpu = measure(trial)
        with CaptureQueriesContext(connection) as statements:
            trial(most=scenes)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    sys.stdout.write(
        f"{connection.vendor}, {scenes:,} scenes, {size / scenes:,.0f} bytes of spans each\n"
        f"{seconds:.1f} s, {cpu:.1f} s of a processor (limit {LIMIT:g} s), {len(statements)} statements\n"
        f"{result.said}\n"
    )


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Trying changed rules on kept spans.")
    command_line.add_argument("--scenes", type=int, default=10_000)
    main(command_line.parse_args().scenes)
