"""A scene or a tag that an answer of Stash lacks is not taken for destroyed: that is for the sync to decide."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from jobs import testing
from jobs.models import Job, Status
from scenes.models import Change, Outcome, Plan, Scene
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import (
    add_change,
    add_marker,
    add_tag,
    make_plan,
    markers_of,
    plans_to_finish,
    tags_of,
)
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(library: RunningStash, settings: Any) -> User:
    """At a Stash that we know, of 12 scenes without markers."""
    settings.JOBS_RETRY_DELAY = 0
    user = User(library)
    for marker in list(library.state.markers):
        user.destroy_marker(marker)
    assert testing.run("sync").status == Status.COMPLETED
    return user


@pytest.fixture
def plan(user: User) -> Plan:
    plan = make_plan()
    for scene in range(1, 13):
        add_tag(plan, scene, "Dog_AI")
    return plan


def apply(plan: Plan) -> Job:
    return testing.run("apply_plan", plan_id=plan.pk)


def statuses(plan: Plan) -> list[str]:
    return list(plan.changes.values_list("status", flat=True))


@pytest.mark.parametrize("hidden", [12, 8, 1])
def test_what_an_empty_or_short_answer_lacks_stays_approved_and_is_written_by_the_next_run(
    user: User, plan: Plan, hidden: int
) -> None:
    kept = user.hide_scenes(*range(1, hidden + 1))
    job = apply(plan)
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "missing_in_stash", 3)
    lacking = "the scene 1," if hidden == 1 else f"{hidden} scenes (1, 2, 3 …)"
    assert lacking in job.error_message and "the next run goes on" in job.error_message
    assert statuses(plan) == ["approved"] * hidden + ["applied"] * (12 - hidden), "the others are written first"
    assert not plan.changes.filter(attempts__gt=0).exists()
    assert plans_to_finish() == [plan.pk]
    user.show_scenes(kept)
    assert apply(plan).status == Status.COMPLETED
    assert all("Dog_AI" in tags for tags in tags_of(user.stash).values())


def test_scenes_that_are_kept_for_a_person_keep_their_changes(user: User, plan: Plan) -> None:
    kept = user.hide_scenes(*range(1, 13))
    for _ in range(2):
        testing.run("sync", force=True)
        assert Scene.objects.present().count() == 12
        assert apply(plan).status == Status.FAILED
    user.show_scenes(kept)
    testing.run("sync")
    assert apply(plan).status == Status.COMPLETED and statuses(plan) == ["applied"] * 12


def test_a_scene_that_was_destroyed_fails_for_good_once_the_sync_has_said_so(user: User, plan: Plan) -> None:
    user.destroy_scenes(5)
    assert apply(plan).error_code == "missing_in_stash"
    assert testing.run("sync").status == Status.COMPLETED
    job = apply(plan)
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1)
    change = plan.changes.get(scene=5)
    assert change.outcome == Outcome.QUARANTINED and "no longer in Stash" in change.message
    assert plans_to_finish() == []


def test_a_scene_that_came_back_is_written_whatever_we_thought_of_it(user: User, plan: Plan) -> None:
    Scene.objects.filter(pk=5).update(deleted_at=timezone.now())
    assert apply(plan).status == Status.COMPLETED
    assert "Dog_AI" in tags_of(user.stash)[5]


def test_a_short_answer_about_tags_is_not_taken_for_a_marker_that_somebody_changed(user: User) -> None:
    earlier, plan = make_plan(), make_plan()
    made = add_marker(earlier, 1, "Dog_AI", 1.0, 2.0)
    apply(earlier)
    made.refresh_from_db()
    marker_id = (made.after or {})["marker_id"]
    value = {"marker_id": marker_id, "tag": "Dog_AI", "title": "Dog_AI", "start": 1.0, "end": 2.0}
    removal = add_change(plan, 1, Change.Kind.REMOVE_MARKER, **value)
    user.stash.fault("short_answer", operation="findTags", keep=1, times=None)
    job = apply(plan)
    assert (job.status, job.error_code) == (Status.FAILED, "missing_in_stash")
    removal.refresh_from_db()
    assert removal.status == Change.Status.APPROVED
    user.stash.clear_faults()
    assert apply(plan).status == Status.COMPLETED
    assert markers_of(user.stash, 1) == []


def test_a_tag_that_stash_has_and_does_not_list_is_no_failure_of_the_changes_that_need_it(user: User) -> None:
    user.create_tag("Dog_AI")
    plan = make_plan()
    change = add_tag(plan, 1, "Dog_AI")
    user.stash.fault("short_answer", operation="findTags", keep=0, times=None)
    job = apply(plan)
    assert (job.status, job.error_code) == (Status.FAILED, "bad_answer")
    assert "Dog_AI" in job.error_message
    change.refresh_from_db()
    assert (change.status, change.attempts) == (Change.Status.APPROVED, 0)
    user.stash.clear_faults()
    assert apply(plan).status == Status.COMPLETED


def test_a_marker_whose_tag_was_renamed_is_left_alone_once_the_sync_has_seen_that(user: User) -> None:
    earlier, plan = make_plan(), make_plan()
    made = add_marker(earlier, 1, "Dog_AI", 1.0, 2.0)
    apply(earlier)
    made.refresh_from_db()
    after = made.after or {}
    value = {"marker_id": after["marker_id"], "tag": "Dog_AI", "title": "Dog_AI", "start": 1.0, "end": 2.0}
    removal = add_change(plan, 1, Change.Kind.REMOVE_MARKER, **value)
    user.rename_tag(after["tag_id"], "Hound")
    testing.run("sync")
    assert apply(plan).status == Status.COMPLETED
    removal.refresh_from_db()
    assert removal.status == Change.Status.REJECTED
    assert markers_of(user.stash, 1) == [("Hound", "Dog_AI", 1.0, 2.0)]
