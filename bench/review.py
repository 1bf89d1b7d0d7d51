"""The review page with 5,000 changes: its first page, and what each kind of click takes, with the page after it.

    python -m bench.review [--changes 5000] [--written 50000] [--rounds 5]

``--written``: changes that are in Stash already, in the same table. Seconds, and seconds of the processor, are
medians of the rounds, of a logged-in person's requests through the whole of Django: the POST, and the page that it
leads to. On a machine that is busy with other things the second number is the one that counts. Limits: 1 s for the
first page, 0.2 s for a click. A database made for the bench, and dropped; DATABASE_URL says where.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from scenes.pieces import pieces

os.environ.setdefault("STASHHOG_DATA_DIR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("STASHHOG_SECRET_KEY", "of the bench")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stashhog.settings")
FIRST, CLICK = 1.0, 0.2  # seconds
OF_A_SCENE = 50  # changes
TAGS = [f"Tag {number}_AI" for number in range(60)]


def fill(changes: int, written: int) -> None:
    """Scenes of OF_A_SCENE changes each: half tags and half markers."""
    from django.utils import timezone

    from scenes.models import Plan, Scene, SceneFile

    plan, now = Plan.objects.create(), timezone.now()
    scenes = range(1, (changes + written) // OF_A_SCENE + 1)
    Scene.objects.bulk_create(
        [Scene(id=pk, title=f"Scene {pk}", created_at=now, remote_updated_at="x") for pk in scenes], batch_size=500
    )
    SceneFile.objects.bulk_create(
        [SceneFile(id=pk, scene_id=pk, path=f"/data/{pk}.mp4", duration=1800) for pk in scenes], batch_size=500
    )
    first_waiting = written // OF_A_SCENE
    for part in pieces(scenes, 100):
        rows = [row for pk in part for row in changes_of(plan, pk, "proposed" if pk > first_waiting else "applied")]
        type(rows[0]).objects.bulk_create(rows, batch_size=500)


def changes_of(plan: Any, scene: int, status: str) -> list[Any]:
    from scenes.models import Change
    from scenes.plans.proposing import tag_of
    from scenes.plans.values import change_key

    found = []
    for number in range(OF_A_SCENE):
        name, start = TAGS[(scene + number) % len(TAGS)], number * 30.0
        marker = {"tag": name, "title": name, "start": start, "end": start + 12}
        kind, value = ("add_marker", marker) if number % 2 else ("add_tag", {"name": name})
        evidence = {"rule": "at least 5 s", "spans": [[start, start + 12, 0.8]] * 5}
        common = {"key": change_key(kind, value), "tag": tag_of(kind, value), "evidence": evidence, "confidence": 0.8}
        found.append(
            Change(plan=plan, scene_id=scene, kind=kind, value=value, detector="detect_video_tags", status=status,
                   outcome="new" if status == "proposed" else "done", **common)
        )  # fmt: skip
    return found


def clicks(client: Any) -> dict[str, Callable[[], Any]]:
    from scenes.models import Change

    def press(name: str, value: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: client.post("/review/decide", {name: value()}, follow=True)

    waiting = Change.objects.to_review().order_by("-scene_id")
    return {
        "approve one": press("approve-change", lambda: waiting.values_list("pk", flat=True).first()),
        "approve a scene": press("approve-scene", lambda: waiting.values_list("scene_id", flat=True).first()),
        "reject a tag everywhere": press("reject-tag", lambda: "Tag 7_AI"),
        "approve all": press("approve-all", lambda: 1),
    }


def main(changes: int, written: int, rounds: int) -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    times: dict[str, list[tuple[float, float]]] = {}
    try:
        fill(changes, written)
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.create_superuser("ada"))
        client.get("/review/")  # the templates are compiled once a process
        undo = lambda: client.post("/review/decide", {"undo": 1}, follow=True)  # noqa: E731
        for _ in range(rounds):
            measured(times, "first page", lambda: client.get("/review/"))
            for what, click in clicks(client).items():
                measured(times, what, click)
                measured(times, f"undo: {what}", undo)
        with CaptureQueriesContext(connection) as statements:
            answer = client.get("/review/")
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    sys.stdout.write(f"{connection.vendor}, {changes:,} to review, {written:,} written: {len(statements)} statements, ")
    sys.stdout.write(f"{len(answer.content):,} bytes\n")
    for what, pairs in times.items():
        limit = FIRST if what == "first page" else CLICK
        wall, cpu = (statistics.median(numbers) * 1000 for numbers in zip(*pairs, strict=True))
        sys.stdout.write(f"{what:32} {wall:6.0f} ms, {cpu:6.0f} ms of the processor (limit {limit * 1000:.0f})\n")


def measured(times: dict[str, list[tuple[float, float]]], what: str, call: Callable[[], Any]) -> None:
    begin, cpu = time.perf_counter(), time.process_time()
    answer = call()
    times.setdefault(what, []).append((time.perf_counter() - begin, time.process_time() - cpu))
    assert answer.status_code == 200, answer


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="The review page with many changes.")
    command_line.add_argument("--changes", type=int, default=5000)
    command_line.add_argument("--written", type=int, default=50_000)
    command_line.add_argument("--rounds", type=int, default=5)
    main(**vars(command_line.parse_args()))
