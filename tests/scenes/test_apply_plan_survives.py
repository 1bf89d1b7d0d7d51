"""Crashes, outages and cancels while a plan is applied: Stash is in the end as if nothing had happened."""

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
from scenes.models import Change, Plan
from scenes.plans import applying
from scenes.plans.applying import apply
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import (
    copied_stash,
    crash_at,
    markers_of,
    plan_of_several_kinds,
    tags_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
ROUND = 5  # scenes
GONE = 3  # the id of the scene that is destroyed


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many scenes there are: two rounds of the applier, which takes fewer at once than usual."""
    monkeypatch.setattr(applying, "SCENES", ROUND)
    return ROUND + 1


@pytest.fixture
def stash(configure: Callable[..., Any], settings: Any, count: int) -> Iterator[RunningStash]:
    settings.JOBS_RETRY_DELAY = 0
    with copied_stash(configure, scenes=count, tags=2, tags_per_scene=1) as simulator:
        yield simulator


@pytest.fixture
def plan(stash: RunningStash, count: int) -> Plan:
    return plan_of_several_kinds(count)


def assert_applied_once(stash: RunningStash, plan: Plan) -> None:
    wanted = [("Dog_AI", "Dog_AI", 1.0, 2.0), ("Dog_AI", "Dog_AI", 5.0, None)]
    for scene, tags in tags_of(stash).items():
        assert markers_of(stash, scene) == wanted, scene
        assert len(tags) == 2 and "Dog_AI" in tags, "the tag that it had before is lost"
    assert set(plan.changes.values_list("status", flat=True)) == {Change.Status.APPLIED}
    # Whatever broke in between, all of it is known to be ours, so that a revert would take all of it back.
    adds = plan.changes.exclude(kind=Change.Kind.REMOVE_MARKER)
    assert not adds.exclude(before={"present": False}).exists()
    assert {change.after["present"] for change in adds if change.after} == {True}


@pytest.mark.acceptance
@pytest.mark.parametrize("count", [applying.SCENES + 10])  # the process that dies takes as many at once as usual
@pytest.mark.parametrize(
    "point",
    [
        CrashPoint.TAG_CREATED,
        CrashPoint.MARKER_INTENDED,
        CrashPoint.TAGS_ADDED,
        CrashPoint.MARKER_CREATED,
        CrashPoint.MARKER_REMOVED,
        CrashPoint.CHANGES_RECORDED,
    ],
)
def test_a_crash_half_way_changes_nothing_in_the_end(stash: RunningStash, plan: Plan, point: CrashPoint) -> None:
    job = engine.start("apply_plan", {"plan_id": plan.pk}, source="test")
    crash_at(point, STASHHOG_STASH_URL=stash.url)
    assert plan.changes.filter(status=Change.Status.APPROVED).exists()
    assert engine.recover() == 1
    work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED, job.error
    assert job.result is not None and job.result["changes_applied"] == plan.changes.count()
    assert_applied_once(stash, plan)


@pytest.mark.parametrize("operation", ["CreateTag", "EachBulkSceneUpdate", "EachMarkerCreate", "DestroyMarkers"])
@pytest.mark.parametrize("fault", ["reset", "refuse", "http_502", "truncated", "not_json"])
def test_an_answer_that_is_lost_makes_nothing_twice(
    stash: RunningStash, plan: Plan, operation: str, fault: str
) -> None:
    stash.fault(fault, operation=operation)
    job = run("apply_plan", plan_id=plan.pk)
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)
    assert_applied_once(stash, plan)
    assert not plan.changes.filter(attempts__gt=0).exists(), "an outage is no failure of a change"


def test_a_locked_database_of_stash_is_an_outage_and_no_failure_of_the_change(stash: RunningStash, plan: Plan) -> None:
    stash.fault("resolver_error", operation="sceneMarkerCreate")
    job = run("apply_plan", plan_id=plan.pk)
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)
    assert_applied_once(stash, plan)
    assert not plan.changes.filter(attempts__gt=0).exists()


def test_stash_away_for_good_fails_the_job_and_the_next_one_finishes_the_plan(stash: RunningStash, plan: Plan) -> None:
    stash.fault("refuse", operation="EachMarkerCreate", times=None)
    job = run("apply_plan", plan_id=plan.pk)
    assert (job.status, job.error_code) == (Status.FAILED, "broken_off")
    assert job.result is not None and 0 < job.result["changes_applied"] < plan.changes.count()
    stash.clear_faults()
    again = run("apply_plan", plan_id=plan.pk)
    assert again.status == Status.COMPLETED and again.result is not None
    assert job.result["changes_applied"] + again.result["changes_applied"] == plan.changes.count()
    assert_applied_once(stash, plan)


def test_a_scene_destroyed_between_look_and_write_fails_alone(stash: RunningStash, plan: Plan) -> None:
    job = context("apply_plan", plan_id=plan.pk)
    client = services.stash(job)
    look = client.scene_states

    def look_and_lose(ids: Any, **options: Any) -> Any:
        states = look(ids, **options)
        if GONE in stash.state.scenes:
            stash.do(lambda: stash.state.remove(stash.state.scenes[GONE]))
        return states

    client.scene_states = look_and_lose  # type: ignore[method-assign]
    apply(job, client, plan.changes.all())
    changes = plan.changes.exclude(status=Change.Status.APPLIED)
    assert {change.scene_id for change in changes} == {GONE} and changes.count() == 3
    assert all(change.attempts == 1 and change.message for change in changes)


def test_what_was_written_when_the_cancel_came_is_recorded_and_nothing_else_is_written(
    stash: RunningStash, plan: Plan
) -> None:
    job = context("apply_plan", plan_id=plan.pk)
    client = services.stash(job)
    write = client.add_tags

    def write_while_it_is_cancelled(orders: Any) -> Any:
        outcomes = write(orders)
        engine.cancel(job.id)
        job.interrupted_by(Cancelled)
        return outcomes

    stash.forget_requests()
    client.add_tags = write_while_it_is_cancelled  # type: ignore[method-assign, assignment]
    with pytest.raises(Cancelled):
        apply(job, client, plan.changes.all())
    assert plan.changes.filter(status=Change.Status.APPLIED).count() == ROUND
    assert not stash.asked("EachMarkerCreate")
