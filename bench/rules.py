"""Trying changed rules on the kept spans of 10,000 scenes: nothing is asked, so it has to take seconds.

    python -m bench.rules [--scenes 10000]

Each scene is a film of half an hour in which 8 tags were seen, three of them flickering (about 300 spans in 2
categories). It has 6 tags of its own, and the tags and markers that the default rules gave it. The limit is 10 s.
Printed are seconds and processor seconds, bytes of spans a scene, and the statements. A database made for the bench,
and dropped; DATABASE_URL says where.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from scenes.pieces import pieces

os.environ.setdefault("STASHHOG_DATA_DIR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
LIMIT = 10.0  # seconds
FRAMES, INTERVAL = 900, 2.0  # of a film; seconds between two of them
FLICKERING = {"Face": 0.3, "Hands": 0.08, "Lamp": 0.02}  # and in what share of the frames
THERE = ("Kissing", "Dancing", "Beach", "Couch", "Dog", "Cat", "Car", "Pool", "Rain")
TAGS = {name: number for number, name in enumerate((*FLICKERING, *THERE), 1)}


def spans_of(dice: random.Random, category: str) -> list[Any]:
    from scenes.clients.tagger.answers import TagSpan

    found = []
    for name, share in FLICKERING.items() if category == "body" else ():
        frames = [frame for frame in range(FRAMES) if dice.random() < share]
        found += [TagSpan(category, name, frame * INTERVAL, None, round(dice.uniform(0.3, 0.9), 3)) for frame in frames]
    for name in dice.sample(THERE, 5) if category == "actions" else ():
        for start in dice.sample(range(FRAMES - 100), dice.randint(1, 4)):
            end = start + dice.randrange(2, 90)
            found.append(TagSpan(category, name, start * INTERVAL, end * INTERVAL, round(dice.random(), 3)))
    return found


def fill(scenes: int) -> int:
    """A library as the default rules made it. Bytes of spans in all."""
    from django.utils import timezone

    from scenes import models

    now, dice, total = timezone.now(), random.Random(1), 0
    models.Tag.objects.bulk_create(models.Tag(id=pk, name=f"{name}_AI") for name, pk in TAGS.items())
    models.Tag.objects.bulk_create(models.Tag(id=pk, name=f"Theirs {pk}") for pk in range(100, 160))
    model = models.TaggerModel.objects.create(name="a model", version="1")
    plan = models.Plan.objects.create()
    for part in pieces(range(1, scenes + 1), 500):
        rows: list[Any] = []
        for number in part:
            results = results_of(number, model, dice)
            rows += [*scene_of(number, now), *results, *made_in(number, plan, results, dice)]
        for table in dict.fromkeys(type(row) for row in rows):
            table.objects.bulk_create(row for row in rows if type(row) is table)
        total += sum(len(row.spans) for row in rows if isinstance(row, models.TaggerResult))
    return total


def scene_of(number: int, now: Any) -> list[Any]:
    from scenes.models import Scene, SceneFile

    file = SceneFile(id=number, scene_id=number, path=f"/data/{number}.mp4", duration=1800)
    return [Scene(id=number, title=f"Scene {number}", created_at=now, remote_updated_at=""), file]


def results_of(number: int, model: Any, dice: random.Random) -> list[Any]:
    from scenes.analysis.spans import packed
    from scenes.models import TaggerResult

    given = {"model": model, "frame_interval": INTERVAL, "threshold": 0.3, "duration": 1800}
    spans = {category: packed(spans_of(dice, category)) for category in ("actions", "body")}
    return [TaggerResult(scene_id=number, category=name, spans=kept, **given) for name, kept in spans.items()]


def made_in(number: int, plan: Any, results: list[Any], dice: random.Random) -> list[Any]:
    """What the default rules give the scene, and tags of others."""
    from scenes.analysis.spans import unpacked
    from scenes.analysis.video_tags.evaluation import evaluate, sightings_of
    from scenes.analysis.video_tags.proposals import value_of
    from scenes.models import Marker
    from scenes.models.library import SceneTag
    from scenes.rules.rule_set import RuleSet

    kept = [span for row in results for span in unpacked(row.spans)]
    given = evaluate(sightings_of(kept, INTERVAL), 1800, RuleSet([], "_AI"), 40)
    made: list[Any] = [SceneTag(scene_id=number, tag_id=pk) for pk in dice.sample(range(100, 160), 6)]
    for tag in given.tags:
        pk = TAGS[tag.name.removesuffix("_AI")]
        made += [SceneTag(scene_id=number, tag_id=pk), _made(plan, number, "add_tag", {"name": tag.name}, pk)]
    for index, marker in enumerate(given.markers, number * 100):
        pk = TAGS[marker.name.removesuffix("_AI")]
        ends = {"seconds": marker.start, "end_seconds": marker.end}
        made.append(Marker(id=index, scene_id=number, title=marker.name, primary_tag_id=pk, **ends))
        made.append(_made(plan, number, "add_marker", value_of(marker), pk, marker_id=index))
    return made


def _made(plan: Any, scene: int, kind: str, value: dict[str, Any], tag: int, **after: int) -> Any:
    from scenes.models import Change
    from scenes.plans.values import change_key

    done = {"status": "applied", "before": {"present": False}, "after": {"present": True, "tag_id": tag, **after}}
    key = change_key(kind, value)
    return Change(
        plan=plan, scene_id=scene, kind=kind, value=value, key=key, stash_tag=tag, detector="detect_video_tags", **done
    )


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
        f"{result.summary}\n"
    )


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Trying changed rules on kept spans.")
    command_line.add_argument("--scenes", type=int, default=10_000)
    main(command_line.parse_args().scenes)
