"""What changes did to Stash is taken back: only what is ours, and only as long as it is as we made it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from jobs import engine
from jobs.errors import BadRequest
from jobs.models import Job, Status
from jobs.testing import run
from scenes.models import Change, Marker, Outcome, Plan, Scene, Tag
from scenes.models.library import SceneTag
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, add_marker, add_tag, make_plan, markers_of, tags_of
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan(stash: RunningStash) -> Plan:
    """Applied: a tag for two scenes, and two markers for one of them."""
    plan = make_plan()
    add_tag(plan, 1, "Dog_AI")
    add_tag(plan, 2, "Dog_AI")
    add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    add_marker(plan, 1, "Dog_AI", 5.0, None)
    apply(plan)
    return plan


def apply(plan: Plan) -> None:
    assert run("apply_plan", plan_id=plan.pk).status == Status.COMPLETED


def revert(**which: Any) -> dict[str, Any]:
    job = run("revert_plan", **which)
    assert job.status == Status.COMPLETED, job.error
    assert job.result is not None
    return {name.removeprefix("changes_"): count for name, count in job.result.items() if name.startswith("changes_")}


def counts(reverted: int, left_alone: int = 0) -> dict[str, int]:
    return {"reverted": reverted, "left_alone": left_alone, "failed": 0}


def tag_id(stash: RunningStash, name: str) -> int:
    return next(tag.id for tag in stash.state.tags.values() if tag.name == name)


def tags_except(stash: RunningStash, scene: int, tag: int) -> list[int]:
    return [number for number in stash.state.scenes[scene].tag_ids if number != tag]


def statuses(plan: Plan) -> set[str]:
    return set(plan.changes.values_list("status", flat=True))


def test_a_plan_is_taken_back_and_nothing_else(stash: RunningStash) -> None:
    before = {scene: (tags_of(stash)[scene], markers_of(stash, scene)) for scene in (1, 2, 3)}
    other, plan = make_plan(), make_plan()
    add_tag(other, 1, "Cat_AI")
    add_marker(other, 1, "Cat_AI", 1.0, 2.0)
    apply(other)
    add_tag(plan, 1, "Dog_AI")
    add_marker(plan, 1, "Dog_AI", 1.0, 2.0)
    add_marker(plan, 2, "Dog_AI", 3.0, None)
    apply(plan)
    assert revert(plan_id=plan.pk) == counts(3)
    assert statuses(plan) == {Change.Status.REVERTED} and statuses(other) == {Change.Status.APPLIED}
    assert tags_of(stash)[1] == sorted([*before[1][0], "Cat_AI"])
    assert markers_of(stash, 1) == [("Cat_AI", "Cat_AI", 1.0, 2.0)]
    assert (tags_of(stash)[2], markers_of(stash, 2)) == before[2]


def test_our_copy_of_stash_knows_it_at_once(stash: RunningStash, plan: Plan) -> None:
    dog = tag_id(stash, "Dog_AI")
    assert SceneTag.objects.filter(tag=dog).count() == 2 and Marker.objects.count() == 2
    revert(plan_id=plan.pk)
    assert not SceneTag.objects.filter(tag=dog).exists() and not Marker.objects.exists()
    assert Tag.objects.filter(pk=dog).exists()


def test_each_change_tells_who_wanted_it_back_and_when_and_what_was_there_stays_known(
    stash: RunningStash, plan: Plan, django_user_model: Any
) -> None:
    applied_in = plan.changes.first().applied_in  # type: ignore[union-attr]
    user = django_user_model.objects.create_user("ann")
    job = engine.start("revert_plan", {"plan_id": plan.pk}, source="api", user=user)
    assert set(plan.changes.values_list("status", "reverted_by__username")) == {("applied", "ann")}
    run("sync")
    for change in plan.changes.all():
        assert change.reverted_at and change.revert_requested_at and change.revert_requested_at <= change.reverted_at
        assert (change.reverted_by, change.job, change.applied_in) == (user, job, applied_in)
        assert change.before and change.after and change.applied_at


def test_a_change_a_scene_or_a_tag_everywhere_is_taken_back_alone(stash: RunningStash, plan: Plan) -> None:
    cat = make_plan()
    add_tag(cat, 1, "Cat_AI")
    add_tag(cat, 3, "Cat_AI")
    apply(cat)
    marker = plan.changes.filter(kind="add_marker").first()
    assert marker is not None
    assert revert(change_ids=[marker.pk]) == counts(1)
    assert markers_of(stash, 1) == [("Dog_AI", "Dog_AI", 5.0, None)]
    assert revert(tag="dog_ai") == counts(3)
    assert "Dog_AI" not in tags_of(stash)[1] + tags_of(stash)[2] and not markers_of(stash, 1)
    assert revert(scene_id=3) == counts(1)
    assert "Cat_AI" in tags_of(stash)[1] and "Cat_AI" not in tags_of(stash)[3]


def test_all_that_is_given_has_to_fit_and_nothing_given_is_refused(stash: RunningStash, plan: Plan) -> None:
    assert revert(plan_id=plan.pk, scene_id=2) == counts(1)
    assert "Dog_AI" in tags_of(stash)[1]
    with pytest.raises(BadRequest, match="Say which changes"):
        run("revert_plan")
    assert not Job.objects.filter(type="revert_plan", params__plan_id=None).exists()


def test_what_was_there_before_is_left(stash: RunningStash) -> None:
    user, name = User(stash), tags_of(stash)[1][0]
    user.ask(
        "mutation($i: SceneMarkerCreateInput!) { sceneMarkerCreate(input: $i) { id } }",
        i={"scene_id": 1, "primary_tag_id": tag_id(stash, name), "title": name, "seconds": 1.0, "end_seconds": 2.0},
    )
    plan = make_plan()
    add_tag(plan, 1, name)
    add_marker(plan, 1, name, 1.0, 2.0)
    apply(plan)
    before = stash.dump()
    stash.forget_requests()
    assert revert(plan_id=plan.pk) == counts(0, 2)
    assert stash.dump() == before and not stash.asked("EachBulkSceneUpdate") and not stash.asked("DestroyMarkers")
    assert statuses(plan) == {Change.Status.REVERTED}
    assert all("before StashHog looked" in change.message for change in plan.changes.all())


def test_a_tag_that_a_person_removed_since_is_noted_and_other_tags_stay(stash: RunningStash, plan: Plan) -> None:
    dog, mine = tag_id(stash, "Dog_AI"), User(stash).create_tag("Mine")
    stash.do(lambda: setattr(stash.state.scenes[1], "tag_ids", [mine, *tags_except(stash, 1, dog)]))
    assert revert(plan_id=plan.pk) == counts(3, 1)
    change = plan.changes.get(scene=1, kind="add_tag")
    assert change.outcome == Outcome.NOT_WANTED and "somebody had removed" in change.message
    assert "Mine" in tags_of(stash)[1]


@pytest.mark.parametrize(
    "edited",
    [{"seconds": 1.5}, {"end_seconds": 2.5}, {"title": "Rex"}, {"tag_ids": [1]}, {"primary_tag_id": 1}],
    ids=lambda edited: next(iter(edited)),
)
def test_a_marker_that_a_person_changed_since_is_left(stash: RunningStash, plan: Plan, edited: dict[str, Any]) -> None:
    change = plan.changes.get(scene=1, kind="add_marker", value__start=1.0)
    marker = (change.after or {})["marker_id"]
    User(stash).update_marker(marker, **edited)
    assert revert(plan_id=plan.pk) == counts(3, 1)
    assert list(stash.state.markers) == [marker]
    change.refresh_from_db()
    assert change.status == Change.Status.REVERTED and "Somebody has changed it" in change.message


def test_a_marker_that_a_person_destroyed_or_made_again_by_hand_is_left(stash: RunningStash, plan: Plan) -> None:
    change = plan.changes.get(scene=1, kind="add_marker", value__start=5.0)
    user = User(stash).destroy_marker((change.after or {})["marker_id"])
    user.ask(
        "mutation($i: SceneMarkerCreateInput!) { sceneMarkerCreate(input: $i) { id } }",
        i={"scene_id": 1, "primary_tag_id": tag_id(stash, "Dog_AI"), "title": "Dog_AI", "seconds": 5.0},
    )
    assert revert(plan_id=plan.pk) == counts(3, 1)
    assert markers_of(stash, 1) == [("Dog_AI", "Dog_AI", 5.0, None)]


def test_a_renamed_tag_is_taken_back_since_it_is_still_the_one_that_we_added(stash: RunningStash, plan: Plan) -> None:
    User(stash).rename_tag(tag_id(stash, "Dog_AI"), "Hound")
    assert revert(plan_id=plan.pk) == counts(4)
    assert "Hound" not in tags_of(stash)[1] + tags_of(stash)[2]


def test_a_tag_that_a_person_merged_into_another_one_is_left(stash: RunningStash, plan: Plan) -> None:
    pet = User(stash).create_tag("Pet")
    User(stash).merge_tag(tag_id(stash, "Dog_AI"), pet)
    assert revert(plan_id=plan.pk) == counts(0, 4)
    assert "Pet" in tags_of(stash)[1] and len(markers_of(stash, 1)) == 2


def test_a_scene_that_was_deleted_since_is_done_with_once_the_sync_knows(stash: RunningStash, plan: Plan) -> None:
    User(stash).destroy_scenes(1)
    job = run("revert_plan", plan_id=plan.pk)
    assert (job.status, job.error_code) == (Status.FAILED, "missing_in_stash"), "one short answer is no proof"
    assert "Dog_AI" not in tags_of(stash)[2]
    Scene.objects.filter(pk=1).update(deleted_at=timezone.now())
    assert revert(plan_id=plan.pk, rest=True) == counts(0, 3)
    assert statuses(plan) == {Change.Status.REVERTED}


def test_a_removed_marker_of_ours_is_made_again_and_is_ours_again(stash: RunningStash, plan: Plan) -> None:
    made = plan.changes.get(kind="add_marker", value__start=1.0)
    marker = (made.after or {})["marker_id"]
    removal = make_plan()
    value = {"marker_id": marker, "tag": "Dog_AI", "title": "Dog_AI", "start": 1.0, "end": 2.0}
    add_change(removal, 1, Change.Kind.REMOVE_MARKER, **value)
    apply(removal)
    assert revert(plan_id=removal.pk) == counts(1)
    assert ("Dog_AI", "Dog_AI", 1.0, 2.0) in markers_of(stash, 1)
    made.refresh_from_db()
    assert made.after and made.after["marker_id"] == Marker.objects.get(seconds=1.0).pk != marker
    assert revert(plan_id=plan.pk) == counts(4)
    assert not markers_of(stash, 1)


def test_what_was_made_and_removed_is_taken_back_in_the_opposite_order(stash: RunningStash, plan: Plan) -> None:
    marker = (plan.changes.get(kind="add_marker", value__start=1.0).after or {})["marker_id"]
    dog, later = tag_id(stash, "Dog_AI"), make_plan()
    value = {"marker_id": marker, "tag": "Dog_AI", "title": "Dog_AI", "start": 1.0, "end": 2.0}
    add_change(later, 1, Change.Kind.REMOVE_MARKER, **value)
    add_change(later, 1, Change.Kind.REMOVE_TAG, tag_id=dog, name="Dog_AI")
    apply(later)
    assert revert(tag="Dog_AI") == counts(6)
    assert not markers_of(stash, 1) and "Dog_AI" not in tags_of(stash)[1]


def test_a_tag_that_a_later_plan_added_again_stays_away_only_if_it_was_not_there_at_first(stash: RunningStash) -> None:
    name = tags_of(stash)[1][0]
    first, second = make_plan(), make_plan()
    add_change(first, 1, Change.Kind.REMOVE_TAG, tag_id=tag_id(stash, name), name=name)
    apply(first)
    add_tag(second, 1, name)
    apply(second)
    assert revert(scene_id=1) == counts(2)
    assert tags_of(stash)[1] == [name]


def test_a_removed_marker_whose_tag_is_gone_is_not_made_again(stash: RunningStash, plan: Plan) -> None:
    marker = (plan.changes.get(kind="add_marker", value__start=1.0).after or {})["marker_id"]
    removal = make_plan()
    value = {"marker_id": marker, "tag": "Dog_AI", "title": "Dog_AI", "start": 1.0, "end": 2.0}
    add_change(removal, 1, Change.Kind.REMOVE_MARKER, **value)
    apply(removal)
    User(stash).merge_tag(tag_id(stash, "Dog_AI"), User(stash).create_tag("Pet"))
    assert revert(plan_id=removal.pk) == counts(0, 1)
    assert "destroyed or merged" in removal.changes.get().message and len(markers_of(stash, 1)) == 1


def test_twice_is_once_and_what_was_never_written_is_rejected(stash: RunningStash, plan: Plan) -> None:
    waiting = add_tag(plan, 3, "Dog_AI", status=Change.Status.PROPOSED)
    approved = add_tag(plan, 3, "Cat_AI")
    assert revert(plan_id=plan.pk) == counts(4)
    once = stash.dump()
    assert revert(plan_id=plan.pk) == counts(0)
    assert stash.dump() == once
    for change in (waiting, approved):
        change.refresh_from_db()
        assert change.status == Change.Status.REJECTED
    apply(plan)
    assert stash.dump() == once


def test_an_unknown_plan_is_a_failure_that_says_so(stash: RunningStash) -> None:
    job = run("revert_plan", plan_id=4711)
    assert (job.status, job.error) == (Status.FAILED, {"code": "not_found", "message": "There is no plan 4711."})


def test_a_tag_that_a_person_added_too_can_not_be_told_from_ours(stash: RunningStash, plan: Plan) -> None:
    """Stash keeps no record of who set a tag: docs/review.md says so."""
    dog = tag_id(stash, "Dog_AI")
    User(stash).ask(
        "mutation($i: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $i) { id } }",
        i={"ids": [1], "tag_ids": {"ids": [dog], "mode": "ADD"}},
    )
    revert(plan_id=plan.pk)
    assert "Dog_AI" not in tags_of(stash)[1]
