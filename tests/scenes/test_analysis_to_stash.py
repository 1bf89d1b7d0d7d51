"""From due scenes to tags and markers in Stash, and what is left over for the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs import engine
from jobs.declare.registry import get_task
from jobs.models import Batch, Job, Status
from jobs.testing import run
from scenes.models import Change, Plan, SyncState
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import copied_stash, due_scenes, markers_of, plans_to_finish, tags_of
from tests.scenes.tagger_server import ScriptedTagger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stash(configure: Callable[..., Any], settings: Any) -> Iterator[RunningStash]:
    settings.JOBS_RETRY_DELAY = 0
    with copied_stash(configure, scenes=3, tags=0) as simulator:
        yield simulator


@pytest.fixture
def tagger(stash: RunningStash, tagger: ScriptedTagger) -> ScriptedTagger:
    """In each film it sees one dog."""
    for file in stash.state.files.values():
        tagger.films[file.path] = [("Dog", 1.0, 2.0)]
    return tagger


def follow(job: Job) -> dict[str, Any] | None:
    return get_task("apply_plan").follow_up(job)


def test_what_the_tagger_saw_is_in_stash_and_a_second_analysis_has_nothing_to_add(
    stash: RunningStash, tagger: ScriptedTagger
) -> None:
    params = follow(run("analysis"))
    assert params is not None
    assert run("apply_plan", **params).result["changes_applied"] == 6  # type: ignore[index]
    for scene in (1, 2, 3):
        assert "Dog_AI" in tags_of(stash)[scene]
        assert markers_of(stash, scene) == [("Dog_AI", "Dog_AI", 1.0, 2.0)]
    again = run("analysis", scene_ids=[1, 2, 3])
    assert again.result is not None
    assert (again.result["scenes_analyzed"], again.result["changes_proposed"]) == (3, 0)
    assert follow(again) is None


def test_a_new_analysis_moves_our_marker_in_stash(stash: RunningStash, tagger: ScriptedTagger) -> None:
    run("apply_plan", **(follow(run("analysis")) or {}))
    for path in tagger.films:
        tagger.films[path] = [("Dog", 1.5, 2.5)]
    run("apply_plan", **(follow(run("analysis", scene_ids=[1])) or {}))
    assert markers_of(stash, 1) == [("Dog_AI", "Dog_AI", 1.5, 2.5)]
    assert markers_of(stash, 2) == [("Dog_AI", "Dog_AI", 1.0, 2.0)]


def test_a_plan_that_was_not_applied_is_finished_without_asking_the_tagger(
    stash: RunningStash, tagger: ScriptedTagger
) -> None:
    run("analysis")
    assert plans_to_finish() == [Plan.objects.get().pk]
    assert not due_scenes().exists()
    tagger.server.go_away()
    for plan_id in plans_to_finish():
        assert run("apply_plan", plan_id=plan_id).status == Status.COMPLETED
    assert plans_to_finish() == [] and tags_of(stash)[1] == ["Dog_AI"]


def test_a_plan_that_a_job_is_busy_with_is_not_to_be_finished_by_another(
    stash: RunningStash, tagger: ScriptedTagger
) -> None:
    analysis = run("analysis")
    Batch.objects.filter(jobs=analysis).update(status=Status.RUNNING)
    assert plans_to_finish() == []
    Batch.objects.filter(jobs=analysis).update(status=Status.FAILED)
    applying = engine.start("apply_plan", {"plan_id": Plan.objects.get().pk}, source="test")
    assert plans_to_finish() == []
    engine.cancel(applying.pk)
    assert len(plans_to_finish()) == 1


def test_what_a_failed_batch_had_found_is_written_all_the_same(stash: RunningStash, tagger: ScriptedTagger) -> None:
    tagger.server.control.arm("http", path="process_video", status=500, after=1)
    failed = run("analysis")
    assert failed.status == Status.FAILED
    params = follow(failed)
    assert params is not None and run("apply_plan", **params).status == Status.COMPLETED
    assert [tags_of(stash)[scene] for scene in (1, 2, 3)] == [[], [], ["Dog_AI"]]
    assert sorted(due_scenes().values_list("pk", flat=True)) == [1, 2]


def test_a_change_given_up_keeps_its_plan_open_no_longer(stash: RunningStash, tagger: ScriptedTagger) -> None:
    run("analysis", scene_ids=[1])
    Change.objects.filter(kind="add_marker").update(value={"tag": "Dog_AI", "title": "x", "start": 2, "end": 1})
    for _ in range(3):
        assert run("apply_plan", plan_id=Plan.objects.get().pk).status == Status.COMPLETED_WITH_ERRORS
    assert plans_to_finish() == []
    written = sorted(Change.objects.values_list("kind", "status", "outcome"))
    assert written == [("add_marker", "approved", "quarantined"), ("add_tag", "applied", "done")]


def test_another_library_behind_the_same_address_is_not_touched(stash: RunningStash, tagger: ScriptedTagger) -> None:
    run("analysis")
    before = stash.dump()
    SyncState.objects.update(another_library=True)
    for job in (run("apply_plan", plan_id=Plan.objects.get().pk), run("analysis", scene_ids=[1])):
        assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "another_library", 1)
    assert stash.dump() == before and len(tagger.asked_for()) == 3
