"""A scene is due while an enabled and available detector has not handled it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import engine
from jobs.models import Job, Status
from scenes.analysis.detectors import NAMES_ONLY, note
from scenes.analysis.due import batches, due_scenes
from scenes.models import Change, Detection, Plan, Scene, SceneFile
from tests.scenes.analysis_factories import BEGIN, add_tag, make_plan, make_scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def with_tagger(configure: Callable[..., Any]) -> None:
    configure(tagger_url="http://127.0.0.1:1")


def due() -> list[int]:
    return list(due_scenes().values_list("pk", flat=True))


def handled(scene: Scene, *detectors: str, **fields: Any) -> None:
    for detector in detectors:
        Detection.objects.create(scene=scene, detector=detector, **{"handled_at": timezone.now(), **fields})


def test_newest_come_first_and_of_equal_age_the_highest_id() -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
    Scene.objects.filter(pk=1).update(created_at=BEGIN.replace(year=2027))
    make_scene(4)
    Scene.objects.filter(pk=3).update(created_at=Scene.objects.get(pk=4).created_at)
    assert due() == [1, 4, 3, 2]


def test_a_scene_that_both_detectors_have_handled_is_not_due() -> None:
    handled(make_scene(1, video_analyzed=True), "detect_video_tags", "detect_tags")
    assert due() == []


def test_a_scene_that_one_detector_has_not_handled_is_due() -> None:
    handled(make_scene(1), "detect_tags")
    handled(make_scene(2, video_analyzed=True), "detect_video_tags")
    assert due() == [2, 1]


def test_without_a_tagger_its_backlog_is_not_due_and_comes_back_with_it(configure: Callable[..., Any]) -> None:
    handled(make_scene(1), "detect_tags")
    make_scene(2)
    configure(tagger_url="")
    assert due() == [2] and note() == NAMES_ONLY == "No tagger set: names only"
    configure(tagger_url="http://127.0.0.1:1")
    assert due() == [2, 1] and note() == ""


def test_only_the_wanted_detectors_count() -> None:
    handled(make_scene(1), "detect_tags")
    assert not due_scenes(["detect_tags"]).exists() and not due_scenes([]).exists()
    assert due_scenes(["detect_video_tags"]).exists()


def test_a_scene_without_a_file_is_due_for_the_names_only() -> None:
    make_scene(1, path=None)
    handled(make_scene(2, path=None), "detect_tags")
    assert due() == [1]
    SceneFile.objects.create(id=9, scene_id=2, path="/data/2.mp4")
    assert due() == [2, 1]


def test_scenes_that_stash_no_longer_has_are_not_due() -> None:
    make_scene(1, deleted_at=timezone.now())
    assert due() == []


def test_a_quarantined_scene_is_due_only_for_its_other_detectors() -> None:
    handled(make_scene(1), "detect_video_tags", handled_at=None, quarantined_at=timezone.now(), tries=3)
    handled(make_scene(2), "detect_video_tags", handled_at=None, quarantined_at=timezone.now(), tries=3)
    handled(Scene.objects.get(pk=2), "detect_tags")
    assert due() == [1]


def test_a_scene_that_failed_and_has_tries_left_is_due() -> None:
    handled(make_scene(1), "detect_video_tags", handled_at=None, tries=1, error="The tagger can't read it.")
    handled(Scene.objects.get(pk=1), "detect_tags")
    assert due() == [1]


@pytest.mark.parametrize("status", Change.Status.values)
def test_a_scene_with_an_open_plan_is_in_no_second_batch(status: str) -> None:
    make_scene(1)
    add_tag(make_plan(), 1, "Dog_AI", status=status)
    assert due() == ([] if status in ("proposed", "approved") else [1])


def test_a_scene_of_an_analysis_that_has_not_ended_is_in_no_second_batch() -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
    given = engine.start("analysis", {"scene_ids": [1]}, source="test")
    chosen = engine.start("analysis", {}, source="test")
    Plan.objects.create(job=Job.objects.get(pk=chosen.pk), scene_ids=[2])
    assert due() == [3]
    Job.objects.filter(pk=given.pk).update(status=Status.FAILED)
    assert due() == [3, 1]


def test_batches_are_of_the_asked_size_and_no_more_than_asked() -> None:
    for pk in range(1, 8):
        make_scene(pk)
    assert batches(3) == [[7, 6, 5], [4, 3, 2], [1]]
    assert batches(3, max_scenes=4) == [[7, 6, 5], [4]]
    assert batches(100) == [[7, 6, 5, 4, 3, 2, 1]]


def test_twenty_thousand_scenes_take_no_more_queries_than_one() -> None:
    make_scene(1)
    engine.start("analysis", {"scene_ids": list(range(100_000, 140_000))}, source="test")
    with CaptureQueriesContext(
        connection,
    ) as one:
        batches(100)
    fill(20_000)
    with CaptureQueriesContext(connection) as many:
        made = batches(100)
    assert sum(map(len, made)) == 15_001 and len(many) == len(one)


def fill(count: int) -> None:
    """Scenes 2 … of which a quarter is handled, with past changes and all."""
    ids = range(2, count + 2)
    Scene.objects.bulk_create(
        Scene(id=pk, created_at=BEGIN, remote_updated_at="", video_analyzed=pk % 4 == 0) for pk in ids
    )
    SceneFile.objects.bulk_create(SceneFile(id=pk, scene_id=pk, path=f"/data/{pk}.mp4") for pk in ids)
    Detection.objects.bulk_create(
        Detection(scene_id=pk, detector=detector, handled_at=timezone.now())
        for pk in ids
        if pk % 4 == 0
        for detector in ("detect_video_tags", "detect_tags")
    )
    plan = make_plan()
    Change.objects.bulk_create(
        Change(plan=plan, scene_id=pk, kind="add_tag", value={}, key=str(n), status="applied")
        for pk in ids
        for n in range(3)
    )
