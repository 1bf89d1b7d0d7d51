"""Crashes, outages and cancels while changes are taken back: Stash is in the end as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs import engine
from jobs.errors import Cancelled
from jobs.models import Status
from jobs.testing import context, run, work
from scenes import services
from scenes.crash_points import CrashPoint
from scenes.models import Change, Outcome, Plan
from scenes.plans import applying
from scenes.plans.reverting.reverting import revert
from scenes.simulators.stash import RunningStash
from scenes.workflows import left_by_outages
from tests.scenes.analysis_factories import (
    add_marker,
    add_tag,
    copied_stash,
    crash_at,
    make_plan,
    markers_of,
    plan_of_several_kinds,
    tags_of,
)
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
ROUND = 5  # scenes
GONE = 3  # the id of the scene that is destroyed


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many scenes there are: two rounds, which take fewer at once than usual."""
    monkeypatch.setattr(applying, "SCENES", ROUND)
    return ROUND + 1


@pytest.fixture
def stash(configure: Callable[..., Any], settings: Any, count: int) -> Iterator[RunningStash]:
    settings.JOBS_RETRY_DELAY = 0
    with copied_stash(configure, scenes=count, tags=2, tags_per_scene=1) as simulator:
        yield simulator


@pytest.fixture
def plan(stash: RunningStash, count: int) -> Plan:
    """Applied."""
    made = plan_of_several_kinds(count)
    run("apply_plan", plan_id=made.pk)
    return made


def assert_reverted_once(stash: RunningStash, plan: Plan, count: int) -> None:
    for scene, tags in tags_of(stash).items():
        wanted = [("Old_AI", "Old_AI", 9.0, 9.5)] if scene == count else []
        assert markers_of(stash, scene) == wanted, scene
        assert len(tags) == 1 and "Dog_AI" not in tags, "the tag that it had before is lost"
    # Whatever broke in between, all of it is known to be our own doing.
    assert set(plan.changes.values_list("status", "outcome", "message")) == {("reverted", Outcome.DONE, "")}
    assert not plan.changes.filter(attempts__gt=0).exists(), "an outage is no failure of a change"


@pytest.mark.acceptance
@pytest.mark.parametrize("count", [applying.SCENES + 10])  # the process that dies takes as many at once as usual
@pytest.mark.parametrize(
    "point",
    [
        CrashPoint.REVERT_INTENDED,
        CrashPoint.TAGS_REMOVED,
        CrashPoint.MARKER_CREATED,
        CrashPoint.MARKER_REMOVED,
        CrashPoint.REVERTS_RECORDED,
    ],
)
def test_a_crash_half_way_changes_nothing_in_the_end(
    stash: RunningStash, plan: Plan, count: int, point: CrashPoint
) -> None:
    job = engine.start("revert_plan", {"plan_id": plan.pk}, source="test")
    crash_at(point, STASHHOG_STASH_URL=stash.url)
    assert plan.changes.filter(status=Change.Status.APPLIED).exists()
    assert engine.recover() == 1
    work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED, job.error
    assert job.result is not None and job.result["changes_reverted"] == plan.changes.count()
    assert_reverted_once(stash, plan, count)


@pytest.mark.parametrize("operation", ["EachBulkSceneUpdate", "EachMarkerCreate", "DestroyMarkers"])
@pytest.mark.parametrize("fault", ["reset", "refuse", "http_502", "truncated", "not_json"])
def test_an_answer_that_is_lost_changes_nothing_in_the_end(
    stash: RunningStash, plan: Plan, count: int, operation: str, fault: str
) -> None:
    stash.fault(fault, operation=operation)
    job = run("revert_plan", plan_id=plan.pk)
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)
    assert_reverted_once(stash, plan, count)


def test_stash_away_in_the_middle_fails_the_job_and_it_is_finished_later(
    stash: RunningStash, plan: Plan, count: int
) -> None:
    stash.fault("refuse", operation="DestroyMarkers", times=None)
    job = run("revert_plan", plan_id=plan.pk)
    assert (job.status, job.error_code) == (Status.FAILED, "broken_off")
    assert job.result is not None and 0 < job.result["changes_reverted"] < plan.changes.count()
    run("apply_plan", plan_id=plan.pk)
    stash.clear_faults()
    engine.retry(job.pk)
    work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED
    assert_reverted_once(stash, plan, count)


def test_a_run_goes_on_with_what_an_outage_left_and_with_nothing_else(
    stash: RunningStash, plan: Plan, count: int
) -> None:
    assert left_by_outages() == []
    stash.fault("refuse", operation="DestroyMarkers", times=None)
    wanted = list(plan.changes.filter(scene=1).values_list("pk", flat=True))
    run("revert_plan", change_ids=wanted)
    stash.clear_faults()
    (spec,) = left_by_outages()
    assert (spec.type, spec.params["plan_id"], spec.params["rest"]) == ("revert_plan", plan.pk, True)
    assert run(spec.type, **spec.params).status == Status.COMPLETED
    assert set(plan.changes.filter(pk__in=wanted).values_list("status", flat=True)) == {"reverted"}
    assert set(plan.changes.exclude(pk__in=wanted).values_list("status", flat=True)) == {"applied"}
    assert left_by_outages() == []


def test_what_stash_refuses_costs_that_change_a_try_and_is_tried_again(
    stash: RunningStash, plan: Plan, count: int
) -> None:
    for operation in ("DestroyMarkers", "EachMarkerDestroy"):  # together, and by itself
        stash.fault("resolver_error", operation=operation, message="constraint of your own")
    job = run("revert_plan", plan_id=plan.pk)
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    failed = plan.changes.get(outcome=Outcome.FAILED)
    assert (failed.status, failed.attempts, failed.revert_intended_at) == ("applied", 1, None)
    assert "constraint of your own" in failed.message and Change.objects.shown().bad().count() == 1
    assert run("revert_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert_reverted_once(stash, plan, count)


def test_a_scene_destroyed_between_look_and_write_fails_alone(stash: RunningStash, plan: Plan) -> None:
    job = context("revert_plan", plan_id=plan.pk)
    client = services.stash(job)
    look = client.scene_states

    def look_and_lose(ids: Any, **options: Any) -> Any:
        states = look(ids, **options)
        if GONE in stash.state.scenes:
            User(stash).destroy_scenes(GONE)
        return states

    client.scene_states = look_and_lose  # type: ignore[method-assign]
    revert(job, client, plan.changes.all())
    others = plan.changes.exclude(scene=GONE)
    assert set(others.values_list("status", flat=True)) == {"reverted"}
    gone = plan.changes.get(scene=GONE, kind="add_tag")
    assert gone.status == "applied" and gone.attempts == 1


def test_what_was_taken_back_when_the_cancel_came_is_recorded_and_nothing_else_is_written(
    stash: RunningStash, plan: Plan
) -> None:
    job = context("revert_plan", plan_id=plan.pk)
    client = services.stash(job)
    write = client.remove_tags

    def write_while_it_is_cancelled(orders: Any) -> Any:
        outcomes = write(orders)
        engine.cancel(job.id)
        job.interrupted_by(Cancelled)
        return outcomes

    stash.forget_requests()
    client.remove_tags = write_while_it_is_cancelled  # type: ignore[method-assign, assignment]
    with pytest.raises(Cancelled):
        revert(job, client, plan.changes.all())
    assert plan.changes.filter(status=Change.Status.REVERTED).count() == ROUND
    assert not stash.asked("DestroyMarkers")


@pytest.mark.acceptance
@pytest.mark.parametrize("count", [applying.SCENES + 10])
@pytest.mark.parametrize("point", [CrashPoint.MARKER_INTENDED, CrashPoint.TAGS_ADDED, CrashPoint.MARKER_CREATED])
def test_what_a_dead_worker_left_half_applied_is_taken_back_whole(
    stash: RunningStash, count: int, point: CrashPoint
) -> None:
    before, plan = tags_of(stash), make_plan()
    for scene in range(1, count + 1):
        add_tag(plan, scene, "Dog_AI")
        add_marker(plan, scene, "Dog_AI", 1.0, 2.0)
    job = engine.start("apply_plan", {"plan_id": plan.pk}, source="test")
    crash_at(point, STASHHOG_STASH_URL=stash.url)
    engine.cancel(job.pk)
    engine.clean_up_orphaned()
    assert run("revert_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert tags_of(stash) == before and not any(markers_of(stash, scene) for scene in before)
    assert set(plan.changes.values_list("status", flat=True)) <= {"rejected", "reverted"}
    assert run("apply_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert tags_of(stash) == before
