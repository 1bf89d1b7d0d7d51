"""Somebody thinks better of a change: after it was taken back, was refused, or was left half-written."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from jobs.testing import run
from scenes.models import Change, Outcome, Plan
from scenes.models.reviewed import Via
from scenes.plans.review.deciding import Decider, approve, reject
from scenes.plans.review.editing import edit, rename_tag
from scenes.plans.review.selection import Selection
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, add_marker, add_tag, make_plan, markers_of, tags_of
from tests.scenes.test_wanted_back_meanwhile import half_written

pytestmark = pytest.mark.django_db(transaction=True)
WHO = Decider(Via.COMMAND)


def rows_of(plan: Plan) -> Any:
    return Selection(plan_id=plan.pk).rows()


def test_what_was_taken_back_is_applied_again_when_somebody_approves_it_by_name(stash: RunningStash) -> None:
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    run("apply_plan", plan_id=plan.pk)
    run("revert_plan", plan_id=plan.pk)
    assert approve(rows_of(plan), WHO) == 0, "not with all the rest"
    assert approve(rows_of(plan), WHO, also_rejected=True) == 2
    row = plan.changes.first()
    assert row is not None and (row.status, row.outcome) == ("approved", "new")
    assert {row.intended_at, row.applied_at, row.reverted_at, row.revert_requested_at, row.revert_intended_at} == {None}
    run("apply_plan", plan_id=plan.pk)
    assert "Dog_AI" in tags_of(stash)[1] and len(markers_of(stash, 1)) == 1
    assert set(plan.changes.values_list("status", flat=True)) == {"applied"}
    run("revert_plan", plan_id=plan.pk)
    assert "Dog_AI" not in tags_of(stash)[1] and not markers_of(stash, 1)


def test_a_marker_whose_removal_was_taken_back_is_removed_again_under_its_new_id(stash: RunningStash) -> None:
    plan, removing = make_plan(), make_plan()
    made = add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    run("apply_plan", plan_id=plan.pk)
    made.refresh_from_db()
    value = {"marker_id": made.after["marker_id"], **made.value}  # type: ignore[index]
    add_change(removing, 1, "remove_marker", **value)
    run("apply_plan", plan_id=removing.pk)
    run("revert_plan", plan_id=removing.pk)
    assert len(markers_of(stash, 1)) == 1
    approve(rows_of(removing), WHO, also_rejected=True)
    run("apply_plan", plan_id=removing.pk)
    assert not markers_of(stash, 1), "it has another id by now"


def test_an_edited_change_that_stash_refused_is_tried_as_if_it_were_new() -> None:
    from tests.scenes.analysis_factories import make_scene

    make_scene(1)
    plan = make_plan()
    change, other = add_tag(plan, 1, "Dog_AI"), add_tag(plan, 1, "Cat_AI")
    failed = {"attempts": 3, "outcome": Outcome.QUARANTINED, "message": "refused", "failed_at": timezone.now()}
    Change.objects.update(**failed)
    edit(change.pk, {"name": "Hound_AI"}, WHO)
    rename_tag(rows_of(plan), "Cat_AI", "Kitten_AI", WHO)
    for row in (change, other):
        row.refresh_from_db()
        assert (row.status, row.outcome, row.attempts, row.message, row.failed_at) == ("approved", "new", 0, "", None)
    assert Change.objects.to_write().count() == 2


@pytest.mark.parametrize("was_written", [True, False])
def test_a_half_written_plan_that_is_rejected_is_not_written_but_taken_back(
    stash: RunningStash, was_written: bool
) -> None:
    plan, before = make_plan(), tags_of(stash)
    change = add_tag(plan, 1, "Dog_AI")
    if was_written:
        run("apply_plan", plan_id=plan.pk)
    half_written(change)
    assert reject(rows_of(plan), WHO) == 1 and not Change.objects.to_write().exists()
    assert list(Plan.objects.half_reverted()) == [plan], "the next run finds it"
    run("revert_plan", plan_id=plan.pk, rest=True)
    assert tags_of(stash) == before
    change.refresh_from_db()
    assert change.status == ("reverted" if was_written else "rejected")
