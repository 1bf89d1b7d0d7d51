"""Rows for the tests of analysis and plans: scenes, tags, plans, and our copy of a Stash simulator."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import scenes.tasks  # noqa: F401 - registers them
from jobs.testing import run
from scenes.analysis.detectors import ENABLED, available
from scenes.models import Change, Marker, Plan, Scene, SceneFile, SyncState, Tag, TagRule
from scenes.models.library import SceneQuerySet, SceneTag
from scenes.plans.proposing import tag_of
from scenes.plans.values import change_key
from scenes.simulators.stash import RunningStash, running_stash
from tests.processes import ROOT, environment

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
ONLY_NAMES = {"detect_video_tags": False}


def make_scene(pk: int, title: str = "", path: str | None = "", tags: tuple[Tag, ...] = (), **fields: Any) -> Scene:
    """A scene of which the newest has the highest id; ``path`` None: it has no file.

    Stash has told of its library folders by then, as in a sync: /data, unless the test says otherwise.
    """
    SyncState.objects.get_or_create(pk=SyncState.SINGLETON, defaults={"library_folders": ["/data"]})
    fields = {"created_at": BEGIN + timedelta(minutes=pk), "remote_updated_at": "2026-11-01T00:00:00Z", **fields}
    scene = Scene.objects.create(id=pk, title=title, **fields)
    if path is not None:
        SceneFile.objects.create(id=pk, scene=scene, path=path or f"/data/{pk}.mp4", duration=60)
    SceneTag.objects.bulk_create(SceneTag(scene=scene, tag=tag) for tag in tags)
    return scene


def give_all() -> None:
    """Rules that let every span be a marker, and everything that was seen a tag."""
    TagRule.objects.default().update(required_scene_tag_duration="0s", min_marker_duration=0, max_gap=0)


def set_folders(*folders: str) -> None:
    """Stash's library folders, as it last listed them."""
    SyncState.objects.update_or_create(pk=SyncState.SINGLETON, defaults={"library_folders": list(folders)})


def make_tag(pk: int, name: str, *aliases: str) -> Tag:
    return Tag.objects.create(id=pk, name=name, aliases=list(aliases))


def copy_library(stash: RunningStash) -> None:
    """Our tables as a sync would leave them, as far as analysis and plans look at them."""
    for tag in stash.state.tags.values():
        Tag.objects.create(id=tag.id, name=tag.name, aliases=tag.aliases)
    for scene in stash.state.scenes.values():
        file = stash.state.primary_file(scene)
        tags = tuple(Tag.objects.filter(pk__in=scene.tag_ids))
        created_at = datetime.fromisoformat(scene.created_at)
        make_scene(scene.id, scene.title, file.path if file else None, tags, created_at=created_at)
    for marker in stash.state.markers.values():
        Marker.objects.create(
            id=marker.id,
            scene_id=marker.scene_id,
            title=marker.title,
            seconds=marker.seconds,
            end_seconds=marker.end_seconds,
            primary_tag_id=marker.primary_tag_id,
        )


@contextmanager
def copied_stash(configure: Callable[..., object], **seed: int) -> Iterator[RunningStash]:
    """A simulated Stash that we use, with nobody and no studio in it, all of it in our tables."""
    with running_stash() as simulator:
        configure(stash_url=simulator.url)
        simulator.seed(performers=0, studios=0, **seed)
        copy_library(simulator)
        yield simulator


def make_plan() -> Plan:
    return Plan.objects.create()


def plan_of_several_kinds(scenes: int) -> Plan:
    """Tags and markers for so many scenes, and the removal of a marker of ours."""
    earlier, plan = make_plan(), make_plan()
    made = add_marker(earlier, scenes, "Old_AI", 9.0, 9.5)
    run("apply_plan", plan_id=earlier.pk)
    made.refresh_from_db()
    for scene in range(1, scenes + 1):
        add_tag(plan, scene, "Dog_AI")
        add_marker(plan, scene, "Dog_AI", 1.0, 2.0)
        add_marker(plan, scene, "Dog_AI", 5.0, None)
    value = {"marker_id": (made.after or {})["marker_id"], "tag": "Old_AI", "title": "Old_AI", "start": 9.0, "end": 9.5}
    add_change(plan, scenes, Change.Kind.REMOVE_MARKER, **value)
    return plan


def due_scenes(wanted: Iterable[str] = ENABLED) -> SceneQuerySet:
    return Scene.objects.due(available(wanted))


def plans_to_finish() -> list[int]:
    """What a run goes on with before it analyses more."""
    plans = Plan.objects.unfinished().in_no_open_batch()
    return list(plans.order_by("created_at", "id").values_list("pk", flat=True))


def add_change(plan: Plan, scene_id: int, kind: str, status: str = Change.Status.APPROVED, **value: Any) -> Change:
    return Change.objects.create(
        plan=plan,
        scene_id=scene_id,
        kind=kind,
        value=value,
        key=change_key(kind, value),
        tag=tag_of(kind, value),
        detector="detect_video_tags",
        status=status,
    )


def add_tag(plan: Plan, scene_id: int, name: str, **fields: Any) -> Change:
    return add_change(plan, scene_id, Change.Kind.ADD_TAG, name=name, **fields)


def add_marker(
    plan: Plan, scene_id: int, tag: str, start: float, end: float | None = None, title: str | None = None
) -> Change:
    title = tag if title is None else title
    return add_change(plan, scene_id, Change.Kind.ADD_MARKER, tag=tag, title=title, start=start, end=end)


def tags_of(stash: RunningStash) -> dict[int, list[str]]:
    """Scene id → the names of its tags in Stash."""
    return {scene["id"]: scene["tags"] for scene in stash.dump()["scenes"]}


def markers_of(stash: RunningStash, scene_id: int) -> list[tuple[str, str, float, float | None]]:
    """(tag, title, start, end) of the scene's markers in Stash, duplicates and all."""
    scene = next(scene for scene in stash.dump()["scenes"] if scene["id"] == scene_id)
    rows = [(m["primary_tag"], m["title"], m["seconds"], m["end_seconds"]) for m in scene["markers"]]
    return sorted(rows, key=lambda row: (row[2], row[0]))


WORK = "import django; django.setup(); import scenes.tasks; from jobs.testing import work; work()"


def crash_at(point: str, **extra: str) -> None:
    """Another process works until it dies, by SIGKILL, at this point; ``extra``: its environment."""
    variables = {"DJANGO_SETTINGS_MODULE": "stashhog.settings", "JOBS_CRASH_AT": point, **extra}
    command = [sys.executable, "-c", WORK]
    died = subprocess.run(command, cwd=ROOT, env=environment(**variables), timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL, "it was to die at this point"
