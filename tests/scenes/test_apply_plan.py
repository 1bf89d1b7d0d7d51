"""A plan's approved changes get into Stash once, however often and with whatever breaks they are applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from jobs.errors import BadRequest
from jobs.models import Job, Status
from jobs.testing import run
from scenes.models import Change, Marker, Outcome, Plan, Tag
from scenes.models.library import SceneTag
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import (
    add_change,
    add_marker,
    add_tag,
    make_plan,
    make_scene,
    markers_of,
    tags_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def apply(plan: Plan) -> Job:
    return run("apply_plan", plan_id=plan.pk)


def test_tags_are_added_to_what_the_scene_has(stash: RunningStash) -> None:
    plan, before = make_plan(), tags_of(stash)
    add_tag(plan, 1, "Dog_AI")
    add_tag(plan, 1, "Cat_AI")
    add_tag(plan, 2, "Dog_AI")
    job = apply(plan)
    assert job.status == Status.COMPLETED
    assert job.result is not None and job.result["changes_applied"] == 3 and job.result["changes_failed"] == 0
    assert tags_of(stash) == {
        1: sorted([*before[1], "Cat_AI", "Dog_AI"]),
        2: sorted([*before[2], "Dog_AI"]),
        3: before[3],
    }


def test_every_change_is_recorded_with_before_after_time_and_job(stash: RunningStash) -> None:
    plan = make_plan()
    change, marker = add_tag(plan, 1, "Dog_AI"), add_marker(plan, 1, "Dog_AI", 2.5, 4.0)
    job = apply(plan)
    change.refresh_from_db()
    marker.refresh_from_db()
    tag_id = next(tag.id for tag in stash.state.tags.values() if tag.name == "Dog_AI")
    assert change.before == {"present": False} and change.after == {"present": True, "tag_id": tag_id}
    assert marker.before == {"present": False}
    assert marker.after == {"present": True, "tag_id": tag_id, "marker_id": next(iter(stash.state.markers))}
    for one in (change, marker):
        assert (one.status, one.job) == (Change.Status.APPLIED, job)
        assert one.intended_at and one.applied_at and one.intended_at <= one.applied_at


def test_what_is_there_already_is_recorded_as_such_and_not_written(stash: RunningStash) -> None:
    plan = make_plan()
    name = tags_of(stash)[1][0]
    tag, first = add_tag(plan, 1, name.lower()), add_marker(plan, 2, name, 1.0, 2.0)
    apply(plan)
    stash.forget_requests()
    again = make_plan()
    second = add_marker(again, 2, name, 1.0, 2.0)
    apply(again)
    tag.refresh_from_db()
    first.refresh_from_db()
    second.refresh_from_db()
    assert tag.before == {"present": True} and first.before == {"present": False}
    assert second.before == {"present": True} and second.after == first.after
    assert not stash.asked("EachMarkerCreate") and len(markers_of(stash, 2)) == 1


def test_applying_twice_changes_nothing_more(stash: RunningStash) -> None:
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    add_marker(plan, 1, "Dog_AI", 1.0, None)
    apply(plan)
    once = stash.dump()
    stash.forget_requests()
    job = apply(plan)
    assert job.status == Status.COMPLETED and job.result is not None and job.result["changes_applied"] == 0
    assert stash.dump() == once and not stash.requests


def test_markers_with_the_same_tag_at_other_times_are_all_made(stash: RunningStash) -> None:
    plan = make_plan()
    for start in range(0, 500, 2):
        add_marker(plan, 1, "Dog_AI", start, start + 1.5)
    apply(plan)
    assert markers_of(stash, 1) == [("Dog_AI", "Dog_AI", s, s + 1.5) for s in range(0, 500, 2)]


def test_percent_and_underscore_in_a_tags_name_are_taken_literally(stash: RunningStash) -> None:
    stash.do(lambda: _new_tag(stash, "AxB_AI"))
    plan = make_plan()
    add_tag(plan, 1, "A_B_AI")
    add_tag(plan, 2, "100%_AI")
    apply(plan)
    assert "A_B_AI" in tags_of(stash)[1] and "AxB_AI" not in tags_of(stash)[1]
    assert "100%_AI" in tags_of(stash)[2]


def test_an_alias_leads_to_its_tag(stash: RunningStash) -> None:
    stash.do(lambda: _new_tag(stash, "Puppy", "Dog_AI"))
    plan = make_plan()
    add_tag(plan, 1, "dog_ai")
    add_tag(plan, 1, "Puppy")
    add_marker(plan, 1, "Dog_AI", 3.0, 4.0)
    apply(plan)
    assert "Puppy" in tags_of(stash)[1]
    assert markers_of(stash, 1) == [("Puppy", "Dog_AI", 3.0, 4.0)]
    assert not stash.asked("CreateTag")


def test_names_that_differ_in_case_are_one_tag_for_ascii_and_two_for_other_letters(stash: RunningStash) -> None:
    plan = make_plan()
    for scene, name in [(1, "Café_AI"), (2, "CAFé_AI"), (3, "CAFÉ_AI")]:
        add_tag(plan, scene, name)
    apply(plan)
    names = [tag.name for tag in stash.state.tags.values() if tag.name.lower().startswith("caf")]
    assert sorted(names) == ["CAFÉ_AI", "Café_AI"]
    assert "Café_AI" in tags_of(stash)[2]


def test_a_tag_made_by_somebody_else_meanwhile_is_used(stash: RunningStash) -> None:
    stash.fault("short_answer", operation="findTags", keep=0)
    stash.do(lambda: _new_tag(stash, "Dog_AI"))
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    job = apply(plan)
    assert job.status == Status.COMPLETED and "Dog_AI" in tags_of(stash)[1]


def test_a_scene_that_the_sync_marked_deleted_fails_its_own_changes_only(stash: RunningStash) -> None:
    make_scene(77, "Gone", deleted_at=timezone.now())
    plan = make_plan()
    gone, kept = add_tag(plan, 77, "Dog_AI"), add_tag(plan, 1, "Dog_AI")
    job = apply(plan)
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert job.status == Status.COMPLETED_WITH_ERRORS and job.errors == 1
    assert gone.outcome == Outcome.QUARANTINED and "no longer in Stash" in gone.message
    assert kept.status == Change.Status.APPLIED and "Dog_AI" in tags_of(stash)[1]


def test_a_refused_change_is_tried_again_by_the_next_job_and_given_up_after_its_last_try(
    stash: RunningStash, configure: Callable[..., Any]
) -> None:
    configure(max_item_attempts=2)
    plan = make_plan()
    change, other = add_marker(plan, 1, "Dog_AI", 4.0, 2.0), add_marker(plan, 1, "Dog_AI", 5.0, 6.0)
    for outcome in (Outcome.FAILED, Outcome.QUARANTINED):
        job = apply(plan)
        change.refresh_from_db()
        assert (job.status, job.errors, change.outcome) == (Status.COMPLETED_WITH_ERRORS, 1, outcome)
        assert change.message
    other.refresh_from_db()
    assert other.status == Change.Status.APPLIED
    assert apply(plan).status == Status.COMPLETED
    assert len(markers_of(stash, 1)) == 1


def test_a_name_that_stash_refuses_fails_the_changes_that_need_it(stash: RunningStash) -> None:
    stash.fault("resolver_error", operation="CreateTag", message="name must be nice")
    plan = make_plan()
    bad, good = add_tag(plan, 1, "Bad_AI"), add_tag(plan, 1, "Good_AI")
    job = apply(plan)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert job.errors == 1 and "name must be nice" in bad.message
    assert good.status == Change.Status.APPLIED


def test_our_marker_is_removed_only_as_we_made_it(stash: RunningStash) -> None:
    plan = make_plan()
    for start in (1.0, 2.0, 3.0):
        add_marker(plan, 1, "Dog_AI", start, start + 0.5)
    apply(plan)
    first, second, third = Marker.objects.order_by("seconds")
    stash.do(lambda: setattr(stash.state.markers[second.pk], "title", "Mine"))
    stash.do(lambda: stash.state.remove(stash.state.markers[third.pk]))
    removal = make_plan()
    changes = [
        add_change(
            removal,
            1,
            Change.Kind.REMOVE_MARKER,
            marker_id=marker.pk,
            tag="Dog_AI",
            title=marker.title,
            start=marker.seconds,
            end=marker.end_seconds,
        )
        for marker in (first, second, third)
    ]
    job = apply(removal)
    for change in changes:
        change.refresh_from_db()
    assert [change.status for change in changes] == ["applied", "rejected", "applied"]
    assert [change.before and change.before["present"] for change in changes] == [True, None, False]
    assert "left alone" in changes[1].message
    assert job.status == Status.COMPLETED and job.result is not None and job.result["changes_left_alone"] == 1
    assert markers_of(stash, 1) == [("Dog_AI", "Mine", 2.0, 2.5)]
    assert not Marker.objects.filter(pk=first.pk).exists()


def test_our_copy_of_the_library_has_what_was_written(stash: RunningStash) -> None:
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    add_marker(plan, 1, "Dog_AI", 1.0, None)
    apply(plan)
    tag = Tag.objects.get(name="Dog_AI")
    marker = Marker.objects.get()
    assert SceneTag.objects.filter(scene=1, tag=tag).exists()
    assert (marker.scene_id, marker.title, marker.seconds, marker.end_seconds) == (1, "Dog_AI", 1.0, None)
    assert (marker.primary_tag_id, marker.remote_updated_at) == (tag.pk, "")


def test_an_unknown_plan_is_a_failure_that_says_so(stash: RunningStash) -> None:
    job = run("apply_plan", plan_id=4711)
    assert job.status == Status.FAILED and job.error == {"code": "not_found", "message": "There is no plan 4711."}
    with pytest.raises(BadRequest, match="plan_id"):
        run("apply_plan")


def test_rejected_proposed_and_reverted_changes_are_not_written(stash: RunningStash) -> None:
    plan, before = make_plan(), stash.dump()
    for status in (Change.Status.PROPOSED, Change.Status.REJECTED, Change.Status.REVERTED):
        add_tag(plan, 1, f"{status}_AI", status=status)
    assert apply(plan).status == Status.COMPLETED
    assert stash.dump() == before


def _new_tag(stash: RunningStash, name: str, *aliases: str) -> None:
    from scenes.simulators.stash.library.records import Tag as StashTag

    state = stash.state
    state.add(StashTag(id=state.new_id("tags"), name=name, aliases=list(aliases), **state.new_times()))
    state.commit()
