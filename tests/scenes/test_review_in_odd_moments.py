"""Decisions about changes in the moments in which something else happens to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Status
from jobs.testing import run
from scenes.models import Change, Tag, TagRule
from scenes.models.reviewed import Via
from scenes.plans import recording
from scenes.plans.review.deciding import Decider
from scenes.plans.review.editing import edit
from scenes.plans.review.never_again import reject_everywhere
from scenes.simulators.stash import RunningStash
from scenes.workflows import left_by_outages
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, tags_of
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
WHO = Decider(Via.COMMAND)


def test_what_was_edited_while_its_old_value_was_found_in_stash_is_not_called_applied(
    stash: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, applied = make_plan(), recording.applied
    change = add_tag(plan, 1, tags_of(stash)[1][0])

    def edited_before(*args: Any) -> None:
        if Change.objects.filter(pk=change.pk, edited_at=None).exists():
            edit(change.pk, {"name": "Hound_AI"}, WHO)
        applied(*args)

    monkeypatch.setattr(recording, "applied", edited_before)
    run("apply_plan", plan_id=plan.pk)
    change.refresh_from_db()
    assert (change.status, change.value) == ("approved", {"name": "Hound_AI"})
    run("apply_plan", plan_id=plan.pk)
    assert "Hound_AI" in tags_of(stash)[1]


def test_what_was_half_written_to_a_scene_that_is_gone_is_wanted_back_no_longer(stash: RunningStash) -> None:
    plan = make_plan()
    change = add_tag(plan, 1, "Dog_AI")
    Change.objects.filter(pk=change.pk).update(intended_at=timezone.now(), before={"present": False})
    User(stash).destroy_scenes(1)
    job = run("revert_plan", plan_id=plan.pk)
    assert (job.status, job.error_code) == (Status.FAILED, "missing_in_stash"), "it may only not be shown"
    run("sync", force=True)
    assert run("revert_plan", plan_id=plan.pk, rest=True).status != Status.FAILED
    assert left_by_outages() == []


def test_never_again_of_a_removal_says_nothing_against_the_tag(stash: RunningStash) -> None:
    removal = add_change(make_plan(), 1, "remove_tag", tag_id=5, name="Dog_AI", status="proposed")
    addition = add_tag(make_plan(), 2, "Dog_AI", status="proposed")
    reject_everywhere(Change.objects.filter(pk=removal.pk), WHO)
    assert not TagRule.objects.filter(wanted=False).exists()
    addition.refresh_from_db()
    assert addition.status == "proposed"


def test_never_again_of_an_edited_change_is_about_both_names(stash: RunningStash) -> None:
    change = add_tag(make_plan(), 1, "Dog_AI", status="proposed")
    edit(change.pk, {"name": "Hound_AI"}, WHO)
    reject_everywhere(Change.objects.filter(pk=change.pk), WHO)
    assert set(TagRule.objects.filter(wanted=False).values_list("key", flat=True)) == {"dog", "hound"}


def test_a_tag_that_was_renamed_between_adding_and_removing_it_is_as_before_in_the_end(stash: RunningStash) -> None:
    before, plan = tags_of(stash), make_plan()
    add_tag(plan, 1, "Dog_AI")
    run("apply_plan", plan_id=plan.pk)
    tag = Tag.objects.get(name="Dog_AI")
    rename = "mutation($i: TagUpdateInput!) { tagUpdate(input: $i) { id } }"
    User(stash).ask(rename, i={"id": tag.pk, "name": "Hound_AI"})
    run("sync", force=True)
    removing = make_plan()
    add_change(removing, 1, "remove_tag", tag_id=tag.pk, name="Hound_AI")
    run("apply_plan", plan_id=removing.pk)
    assert tags_of(stash) == before
    run("revert_plan", scene_id=1)
    assert tags_of(stash) == before
