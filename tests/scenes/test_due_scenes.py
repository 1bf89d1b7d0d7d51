"""A scene is due while an enabled and available detector has not handled it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import engine
from jobs.context import JobContext
from jobs.crash_points import EngineCrashPoint
from jobs.models import Batch, Job, Status
from jobs.testing import context, run
from scenes.analysis.analysing import plan_of
from scenes.analysis.batches import due_batches, scenes_of
from scenes.analysis.detectors import NAMES_ONLY, note
from scenes.models import Change, Detection, FirstRunDecision, Outcome, Scene, SceneFile
from tests.scenes.analysis_factories import BEGIN, add_tag, due_scenes, make_plan, make_scene, plans_to_finish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def with_tagger(configure: Callable[..., Any]) -> None:
    configure(tagger_url="http://127.0.0.1:1", llm_url="http://127.0.0.1:1/v1", llm_model="m")


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
    configure(tagger_url="http://127.0.0.1:1", llm_url="http://127.0.0.1:1/v1", llm_model="m")
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
    handled(make_scene(1), "detect_video_tags", handled_at=None, outcome=Outcome.QUARANTINED, attempts=3)
    handled(make_scene(2), "detect_video_tags", handled_at=None, outcome=Outcome.QUARANTINED, attempts=3)
    handled(Scene.objects.get(pk=2), "detect_tags")
    assert due() == [1]


def test_a_scene_that_failed_and_has_tries_left_is_due() -> None:
    handled(
        make_scene(1),
        "detect_video_tags",
        handled_at=None,
        outcome=Outcome.FAILED,
        attempts=1,
        message="The tagger can't read it.",
    )
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
    assert due() == [3, 2]
    chosen = context("analysis")
    assert scenes_of(chosen, ("detect_tags",), most=1) == [3] and due() == [2]
    engine.cancel(given.pk)
    assert due() == [2, 1]
    engine.finish(chosen)
    assert due() == [3, 2, 1]


def test_a_retried_analysis_has_its_batch_again(with_tagger: None) -> None:
    make_scene(1)
    job = engine.start("analysis", {"scene_ids": [1]}, source="test")
    engine.cancel(job.pk)
    assert due() == [1]
    engine.retry(job.pk)
    assert due() == []


def test_an_analysis_goes_on_with_what_it_chose_at_first() -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
    job = context("analysis")
    assert scenes_of(job, ("detect_tags",), most=2) == [3, 2]
    make_scene(4)
    assert scenes_of(job, ("detect_tags",), most=2) == [3, 2]


def test_a_batch_keeps_the_order_that_it_was_given_in() -> None:
    for pk in (1, 2, 3):
        make_scene(pk)
    job = context("analysis", scene_ids=[2, 1, 3])
    assert scenes_of(job, (), most=2) == [2, 1, 3] == plan_of(job, [2, 1, 3]).scene_ids()


def test_a_scene_that_a_sync_brings_while_the_analysis_waits_is_analysed() -> None:
    make_scene(1)
    job = context("analysis", scene_ids=[2, 1])
    make_scene(2)
    assert sorted(scenes_of(job, (), most=2)) == [1, 2] and due() == []


def test_what_came_into_another_batch_since_a_run_chose_it_is_left_out_of_the_runs() -> None:
    """A run decides without holding up others: a person may start an analysis meanwhile."""
    for pk in (1, 2, 3):
        make_scene(pk)
    skipped = ["process_downloads", "stash_scan", "incremental_sync", "stash_generate", "completion"]
    run = engine.start("process_new_scenes", {"skip": skipped}, source="test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobs.engine.advancing.crash_point", by_somebody_else_at("analysis_batches"))
        engine.advance(JobContext(claimed(run.pk)))
    batch = Batch.objects.get(step__run=run)
    assert sorted(batch.scenes.values_list("pk", flat=True)) == [1, 3]


def claimed(pk: Any) -> Job:
    job = engine.claim_next(pk)
    assert job is not None
    return job


def by_somebody_else_at(step: str) -> Callable[..., None]:
    def start(point: str, detail: str = "") -> None:
        if (point, detail) == (EngineCrashPoint.STEP_DECIDED, step):
            engine.start("analysis", {"scene_ids": [2]}, source="test")

    return start


def test_a_plan_that_a_job_makes_or_applies_is_applied_by_no_second_one() -> None:
    make_scene(1)
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    assert plans_to_finish() == [plan.pk]
    job = engine.start("apply_plan", {"plan_id": plan.pk}, source="test")
    assert plans_to_finish() == []
    engine.cancel(job.pk)
    assert plans_to_finish() == [plan.pk]
    analysis = context("analysis", scene_ids=[1])
    made = plan_of(analysis, [1])
    add_tag(made, 1, "Cat_AI")
    assert plans_to_finish() == [plan.pk]
    engine.finish(analysis)
    assert plans_to_finish() == [plan.pk, made.pk]


def test_an_unknown_plan_is_refused_by_the_job_and_not_by_its_start() -> None:
    job = run("apply_plan", plan_id=77)
    assert (job.status, job.error_code) == (Status.FAILED, "not_found")


def test_whether_a_scene_is_in_an_open_batch_or_plan_is_looked_up_in_indexes() -> None:
    """No list of scenes is sent along, and no table of links or changes is read from end to end."""
    fill(2_000)
    engine.start("analysis", {"scene_ids": list(range(2, 1_000))}, source="test")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    explained = due_scenes()[:100].explain()
    for table in ("scenes_scene_batches", "scenes_change"):
        assert_indexed(explained, table)
    assert len(str(due_scenes().query)) < 3_000


def assert_indexed(explained: str, table: str) -> None:
    lines = [line for line in explained.splitlines() if re.search(rf"\b(SCAN|Seq Scan on) .*{table}\b|SCAN U\d", line)]
    assert not lines, explained


def test_batches_are_of_the_asked_size_and_no_more_than_asked() -> None:
    for pk in range(1, 8):
        make_scene(pk)
    assert due_batches(3) == [[7, 6, 5], [4, 3, 2], [1]]
    assert due_batches(3, most=4) == [[7, 6, 5], [4]]
    assert due_batches(100) == [[7, 6, 5, 4, 3, 2, 1]]


@pytest.mark.big
def test_twenty_thousand_scenes_take_no_more_queries_than_one() -> None:
    make_scene(1)
    engine.start("analysis", {"scene_ids": list(range(100_000, 140_000))}, source="test")
    with CaptureQueriesContext(
        connection,
    ) as one:
        due_batches(100)
    fill(20_000)
    with CaptureQueriesContext(connection) as many:
        made = due_batches(100)
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


# --- all detectors ---

BY_RULES = ["detect_performers", "detect_studios", "detect_tags", "detect_details", "detect_media_tags"]
ALL = ["detect_video_tags", *BY_RULES]  # that work without a language model


@pytest.mark.parametrize("detector", BY_RULES)
def test_what_others_have_handled_is_due_for_a_detector_that_was_switched_on_since(detector: str) -> None:
    others = [name for name in ALL if name != detector]
    scene = make_scene(1, video_analyzed=True)
    handled(scene, *others)
    assert due() == [] or detector == "detect_tags"
    assert not due_scenes(others).exists()
    assert list(due_scenes([*others, detector])) == [scene]
    handled(scene, detector)
    assert not due_scenes(ALL).exists()


@pytest.mark.parametrize("detector", BY_RULES)
def test_organized_scenes_and_those_that_are_quarantined_for_it_are_not_due(detector: str) -> None:
    make_scene(1, organized=True)
    handled(make_scene(2), detector, handled_at=None, outcome=Outcome.QUARANTINED, attempts=3)
    assert not due_scenes([detector]).exists()


@pytest.mark.parametrize("detector", ALL)
def test_what_a_person_left_alone_at_the_first_run_stays_so_for_detectors_that_come_later(detector: str) -> None:
    FirstRunDecision.objects.create(question="library", answer="analysed", last_scene_id=2)
    for pk in (1, 2, 3):
        make_scene(pk)
    assert list(due_scenes([detector]).values_list("pk", flat=True)) == [3]
    handled(Scene.objects.get(pk=2), detector, handled_at=None, outcome=Outcome.FAILED, attempts=1)
    assert list(due_scenes([detector]).values_list("pk", flat=True)) == [3, 2], "somebody asked for it since"


def test_a_scene_that_all_detectors_handle_is_due_no_more() -> None:
    make_scene(1, "Nothing of this is known", details="<p>Two dogs</p>")
    run("analysis", **dict.fromkeys(BY_RULES, True), detect_video_tags=False)
    Change.objects.update(status=Change.Status.APPLIED, outcome=Outcome.DONE)
    assert not due_scenes(BY_RULES).exists()


def test_due_scenes_of_all_detectors_are_found_by_one_query_that_reads_no_table_again_for_each_scene() -> None:
    """PostgreSQL may read a table once, into a hash, where that is cheaper than to look each scene up."""
    fill(2_000)
    FirstRunDecision.objects.create(question="library", answer="analysed", last_scene_id=100)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    explained = due_scenes(ALL)[:100].explain()
    if connection.vendor == "postgresql":
        assert "(hashed SubPlan" in explained and "(SubPlan" not in explained, explained
    else:
        for table in ("scenes_detection", "scenes_scenefile", "scenes_scene_batches", "scenes_change"):
            assert_indexed(explained, table)
    with CaptureQueriesContext(connection) as queries:
        due_batches(100, wanted=ALL)
    assert sum("scenes_detection" in query["sql"] for query in queries) == 1
