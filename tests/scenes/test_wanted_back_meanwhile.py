"""Somebody wants back what is being written right now, or what a dead worker left half written."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from jobs.errors import NotPossible
from jobs.testing import run, work
from scenes.models import Change
from scenes.models.reviewed import Via
from scenes.plans import recording
from scenes.plans.review.deciding import Decider
from scenes.plans.review.selection import Selection
from scenes.plans.review.starting import start_reverting
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_marker, add_tag, make_plan, markers_of, tags_of

pytestmark = pytest.mark.django_db(transaction=True)
WHO = Decider(Via.COMMAND)


def half_written(change: Change) -> None:
    """As a worker leaves it that dies between its write and the record of it."""
    columns = {"status": "approved", "outcome": "new", "applied_at": None, "after": None}
    Change.objects.filter(pk=change.pk).update(intended_at=timezone.now(), before={"present": False}, **columns)


def test_what_is_wanted_back_while_it_is_written_is_taken_back(
    stash: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, before = make_plan(), tags_of(stash)
    add_tag(plan, 1, "Dog_AI")
    add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    intend, meanwhile = recording.intend, [lambda: start_reverting(Selection(plan_id=plan.pk), WHO, "api")]

    def intend_and_want_back(*args: Any) -> Any:
        intended = intend(*args)
        if meanwhile:
            meanwhile.pop()()
        return intended

    monkeypatch.setattr(recording, "intend", intend_and_want_back)
    run("apply_plan", plan_id=plan.pk)
    work()
    assert stash.asked("EachMarkerCreate"), "it was written"
    assert set(plan.changes.values_list("status", flat=True)) == {"reverted"}
    assert tags_of(stash) == before and not markers_of(stash, 1)


def test_an_outage_after_it_was_found_out_what_got_to_stash_loses_no_wish(stash: RunningStash, settings: Any) -> None:
    settings.JOBS_RETRY_DELAY = 0
    plan, before = make_plan(), tags_of(stash)
    change = add_tag(plan, 1, "Dog_AI")
    run("apply_plan", plan_id=plan.pk)
    half_written(change)
    stash.fault("refuse", operation="EachBulkSceneUpdate")
    run("revert_plan", plan_id=plan.pk)
    change.refresh_from_db()
    assert change.status == "reverted" and tags_of(stash) == before


def test_what_an_outage_left_in_stash_can_be_wanted_back_again_but_not_while_a_job_is_at_it(
    stash: RunningStash, settings: Any
) -> None:
    settings.JOBS_MAX_ATTEMPTS = 1
    plan, before = make_plan(), tags_of(stash)
    add_tag(plan, 1, "Dog_AI")
    run("apply_plan", plan_id=plan.pk)
    selection = Selection(plan_id=plan.pk)
    stash.fault("refuse", operation="EachBulkSceneUpdate", times=None)
    start_reverting(selection, WHO, "api")
    with pytest.raises(NotPossible, match="a job takes them back already"):
        start_reverting(selection, WHO, "api")
    work()
    stash.clear_faults()
    assert "Dog_AI" in tags_of(stash)[1]
    start_reverting(selection, WHO, "api")
    work()
    assert tags_of(stash) == before
