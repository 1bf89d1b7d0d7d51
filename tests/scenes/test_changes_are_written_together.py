"""Many changes are written to Stash in few requests, and recorded in few statements; one that fails fails alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Status
from jobs.testing import context, run
from scenes import services
from scenes.clients.stash.portions import FIRST, MOST, SECONDS, Portions
from scenes.models import Change, Plan
from scenes.plans.applying import apply
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import (
    add_change,
    add_marker,
    add_tag,
    copied_stash,
    make_plan,
    markers_of,
    tags_of,
)
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
SCENES = 12
OF_A_NEW_TAG = 1  # statement: whether the claim still holds


@pytest.fixture
def stash(configure: Callable[..., Any], settings: Any) -> Iterator[RunningStash]:
    settings.JOBS_RETRY_DELAY = 0
    with copied_stash(configure, scenes=SCENES, tags=2, tags_per_scene=1) as simulator:
        yield simulator


def inputs(stash: RunningStash, operation: str) -> list[dict[str, Any]]:
    return [value for request in stash.asked(operation) for value in request.variables.values()]


def made(stash: RunningStash, *scenes: int) -> list[Change]:
    """Markers that we made, one in each scene."""
    plan = make_plan()
    changes = [add_marker(plan, scene, "Dog_AI", 1.0, 2.0) for scene in scenes]
    run("apply_plan", plan_id=plan.pk)
    for change in changes:
        change.refresh_from_db()
    stash.forget_requests()
    return changes


def removals(of_these: list[Change]) -> Plan:
    plan = make_plan()
    for change in of_these:
        marker_id = (change.after or {})["marker_id"]
        add_change(plan, change.scene_id, Change.Kind.REMOVE_MARKER, marker_id=marker_id, **change.value)
    return plan


def test_scenes_that_get_the_same_tags_get_them_in_one_order(stash: RunningStash) -> None:
    plan, before = make_plan(), tags_of(stash)
    for scene in range(1, SCENES + 1):
        add_tag(plan, scene, "Dog_AI")
        if scene % 2:
            add_tag(plan, scene, "Cat_AI")
    assert run("apply_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert len(stash.asked("EachBulkSceneUpdate")) == 1
    orders = inputs(stash, "EachBulkSceneUpdate")
    assert sorted(sorted(map(int, order["ids"])) for order in orders) == [
        list(range(1, SCENES + 1, 2)),
        list(range(2, SCENES + 1, 2)),
    ]
    assert {order["tag_ids"]["mode"] for order in orders} == {"ADD"}
    for scene, tags in tags_of(stash).items():
        ours = ["Dog_AI", "Cat_AI"] if scene % 2 else ["Dog_AI"]
        assert tags == sorted([*before[scene], *ours])


def test_a_refused_order_is_parted_and_only_the_scene_at_fault_fails(stash: RunningStash) -> None:
    plan = make_plan()
    for scene in range(1, SCENES + 1):
        add_tag(plan, scene, "Dog_AI")
    job = context("apply_plan", plan_id=plan.pk)
    client = services.stash(job)
    send = client.add_tags
    orders: list[list[int]] = []

    def lose_a_scene_and_send(changes: Any) -> Any:
        if not orders:
            User(stash).destroy_scenes(3)
        orders.append([len(change.scene_ids) for change in changes])
        return send(changes)

    client.add_tags = lose_a_scene_and_send  # type: ignore[method-assign]
    apply(job, client, plan.changes.all())
    assert orders == [[SCENES], [1] * SCENES]
    (failed,) = plan.changes.exclude(status=Change.Status.APPLIED)
    assert failed.scene_id == 3 and "no rows in result set" in failed.message
    assert all("Dog_AI" in tags for tags in tags_of(stash).values())


def test_a_tag_that_goes_meanwhile_takes_no_other_tag_of_its_scenes_along(stash: RunningStash) -> None:
    gone = User(stash).create_tag("Cat_AI")
    plan = make_plan()
    for scene in range(1, SCENES + 1):
        add_tag(plan, scene, "Dog_AI")
        add_tag(plan, scene, "Cat_AI")
    job = context("apply_plan", plan_id=plan.pk)
    client = services.stash(job)
    send = client.add_tags

    def lose_a_tag_and_send(changes: Any) -> Any:
        if gone in stash.state.tags:
            User(stash).destroy_tags(gone)
        return send(changes)

    client.add_tags = lose_a_tag_and_send  # type: ignore[method-assign]
    apply(job, client, plan.changes.all())
    failed = plan.changes.exclude(status=Change.Status.APPLIED)
    assert set(failed.values_list("tag", "attempts", "intended_at")) == {("cat_ai", 1, None)}
    assert failed.count() == SCENES and all("Dog_AI" in tags for tags in tags_of(stash).values())


def test_one_marker_that_two_plans_want_is_made_once_and_taken_back_once(stash: RunningStash) -> None:
    changes = [add_marker(make_plan(), 1, "Dog_AI", 1.0, 2.0) for _ in range(2)]
    assert run("apply_plan", scene_id=1).status == Status.COMPLETED
    assert len(markers_of(stash, 1)) == 1
    made = Change.objects.values_list("after__marker_id", flat=True)
    assert {*made} == set(stash.state.markers)
    assert run("revert_plan", change_ids=[change.pk for change in changes]).status == Status.COMPLETED
    assert markers_of(stash, 1) == []
    assert set(Change.objects.values_list("status", flat=True)) == {Change.Status.REVERTED}


def test_markers_are_removed_in_one_request(stash: RunningStash) -> None:
    changes = made(stash, *range(1, SCENES + 1))
    plan = removals(changes)
    assert run("apply_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert len(stash.asked("DestroyMarkers")) == 1 and not stash.asked("EachMarkerDestroy")
    assert all(markers_of(stash, scene) == [] for scene in range(1, SCENES + 1))
    assert set(plan.changes.values_list("status", flat=True)) == {Change.Status.APPLIED}


def test_one_marker_that_goes_meanwhile_keeps_no_other_one(stash: RunningStash) -> None:
    changes = made(stash, 1, 2, 3)
    plan = removals(changes)
    job = context("apply_plan", plan_id=plan.pk)
    client = services.stash(job)
    send = client.destroy_markers_together

    def lose_one_and_send(ids: Any) -> None:
        User(stash).destroy_marker(int(ids[1]))
        send(ids)

    client.destroy_markers_together = lose_one_and_send  # type: ignore[method-assign]
    apply(job, client, plan.changes.all())
    assert [markers_of(stash, scene) for scene in (1, 2, 3)] == [[], [], []]
    assert set(plan.changes.values_list("status", flat=True)) == {Change.Status.APPLIED}
    assert len(stash.asked("SceneStates")) == 2, "they are looked at again, since Stash says nothing of the others"


def test_a_marker_that_stash_does_not_let_go_fails_with_its_reason(stash: RunningStash) -> None:
    plan = removals(made(stash, 1, 2))
    stash.fault("resolver_error", operation="sceneMarkersDestroy", message="not all of these")
    stash.fault("resolver_error", operation="sceneMarkerDestroy", message="not this one")
    job = run("apply_plan", plan_id=plan.pk)
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    failed, done = plan.changes.order_by("id")
    assert (done.status, failed.status) == (Change.Status.APPLIED, Change.Status.APPROVED)
    assert "not this one" in failed.message and failed.intended_at is None
    assert [len(markers_of(stash, scene)) for scene in (1, 2)] == [1, 0]


def statements_for(of_scene: int, begin: float) -> int:
    """For so many new markers in each scene, and as many tags, which Stash has already."""
    plan = make_plan()
    for number in range(of_scene * SCENES):
        add_marker(plan, 1 + number % SCENES, "Dog_AI", begin + number, begin + number + 0.5)
        add_tag(plan, 1 + number % SCENES, f"Tag {begin}{number // SCENES}_AI")
    names = plan.changes.filter(kind=Change.Kind.ADD_TAG).values_list("value__name", flat=True).distinct()
    with CaptureQueriesContext(connection) as found:
        assert run("apply_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert not plan.changes.exclude(status=Change.Status.APPLIED).exists()
    made_tags = len(set(names))
    return len(found) - made_tags * OF_A_NEW_TAG


def test_the_number_of_statements_does_not_grow_with_that_of_changes(stash: RunningStash) -> None:
    assert statements_for(4, 1000.0) <= statements_for(1, 10.0) + 2


def test_what_is_written_at_once_grows_while_stash_is_fast_and_shrinks_when_it_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    portions, clock = Portions(), [0.0]
    monkeypatch.setattr("scenes.clients.stash.portions.time.monotonic", lambda: clock[0])

    def sizes(count: int, seconds_each: float) -> list[int]:
        found = []
        for part in portions.of(range(count)):
            clock[0] += len(part) * seconds_each
            found.append(len(part))
        return found

    assert sizes(1000, 0.001)[:4] == [FIRST, 2 * FIRST, MOST, MOST]
    slow = sizes(400, 0.05)
    assert slow[0] == MOST and slow[1] == int(SECONDS / 0.05) and sum(slow) == 400
    assert sizes(10, 10.0) == [10] and sizes(3, 10.0) == [1, 1, 1]
