"""Performers, a studio and details get into Stash once, and nothing of anybody else's is lost by it."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import engine
from jobs.models import Job, Status
from jobs.testing import run, work
from scenes.crash_points import CrashPoint
from scenes.models import Change, Outcome, Plan, Scene
from scenes.models.library import ScenePerformer
from scenes.plans.kinds import KINDS
from scenes.plans.values import change_key, digest_of
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, crash_at, make_plan
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "<p>Two  dogs</p>", "Two dogs"


@pytest.fixture
def user(stash: RunningStash) -> User:
    """Of a Stash with two performers and two studios; none of its three scenes has any, all have the old details."""
    user = User(stash)
    for name in ("Ann", "Bob"):
        user.create_performer(name)
    for name in ("North", "South"):
        user.create_studio(name)
    for scene in (1, 2, 3):
        user.set_scene(scene, details=OLD, title=f"Title {scene}", rating100=40)
    Scene.objects.update(details=OLD)
    return user


@pytest.fixture
def plan(user: User) -> Plan:
    plan = make_plan()
    for scene in (1, 2, 3):
        add_performer(plan, scene, 1)
        add_performer(plan, scene, 2)
        set_studio(plan, scene, 1)
        set_details(plan, scene)
    return plan


def add_performer(plan: Plan, scene: int, performer: int) -> Change:
    return add_change(plan, scene, Change.Kind.ADD_PERFORMER, id=performer, name=f"Performer {performer}")


def set_studio(plan: Plan, scene: int, studio: int) -> Change:
    return add_change(plan, scene, Change.Kind.SET_STUDIO, id=studio, name=f"Studio {studio}")


def set_details(plan: Plan, scene: int, new: str = NEW, old: str = OLD) -> Change:
    return add_change(plan, scene, Change.Kind.SET_DETAILS, details=new, made_from=digest_of(old))


def apply(plan: Plan) -> Job:
    return run("apply_plan", plan_id=plan.pk)


def row(user: User, scene: int) -> dict[str, Any]:
    return next(row for row in user.stash.dump()["scenes"] if row["id"] == scene)


def of(user: User, scene: int) -> tuple[list[str], str | None, str]:
    """Performers, studio and details of a scene in Stash."""
    found = row(user, scene)
    return found["performers"], found["studio"], found["details"]


def assert_applied_once(user: User, plan: Plan) -> None:
    for scene in (1, 2, 3):
        assert of(user, scene) == (["Ann", "Bob"], "North", NEW)
    assert set(plan.changes.values_list("status", flat=True)) == {Change.Status.APPLIED}
    # Whatever broke in between, all of it is known to be ours, so that a revert would take all of it back.
    for change in plan.changes.all():
        assert (change.before, change.after) == WRITTEN[change.kind]


WRITTEN = {
    "add_performer": ({"present": False}, {"present": True}),
    "set_studio": ({"studio_id": None}, {"studio_id": 1}),
    "set_details": ({"details": OLD}, {"details": NEW}),
}


def test_they_are_written_and_recorded_and_our_copy_follows(user: User, plan: Plan) -> None:
    job = apply(plan)
    assert job.status == Status.COMPLETED and job.result is not None and job.result["changes_applied"] == 12
    assert_applied_once(user, plan)
    assert sorted(ScenePerformer.objects.values_list("scene", "performer")) == [
        (s, p) for s in (1, 2, 3) for p in (1, 2)
    ]
    assert set(Scene.objects.values_list("studio_id", "details")) == {(1, NEW)}


def test_nothing_else_of_a_scene_changes(user: User, plan: Plan) -> None:
    ours = {"performers", "performer_ids", "studio", "studio_id", "details", "updated_at"}
    before = {scene: {k: v for k, v in row(user, scene).items() if k not in ours} for scene in (1, 2, 3)}
    apply(plan)
    after = {scene: {k: v for k, v in row(user, scene).items() if k not in ours} for scene in (1, 2, 3)}
    assert after == before and before[1]["title"] == "Title 1" and before[1]["rating100"] == 40


def test_performers_of_others_stay_and_who_is_there_already_is_not_written(user: User) -> None:
    user.set_scene(1, performer_ids=[2])
    plan = make_plan()
    ann, bob = add_performer(plan, 1, 1), add_performer(plan, 1, 2)
    apply(plan)
    ann.refresh_from_db()
    bob.refresh_from_db()
    assert of(user, 1)[0] == ["Ann", "Bob"]
    assert ann.before == {"present": False} and bob.before == {"present": True}


def test_applying_twice_changes_nothing_more(user: User, plan: Plan) -> None:
    apply(plan)
    once = user.stash.dump()
    Change.objects.update(status=Change.Status.APPROVED, outcome=Outcome.NEW, intended_at=None)
    job = apply(plan)
    assert job.status == Status.COMPLETED and user.stash.dump() == once


def test_a_studio_that_a_person_has_set_meanwhile_stays_and_that_is_said(user: User) -> None:
    plan = make_plan()
    other, same = set_studio(plan, 1, 1), set_studio(plan, 2, 1)
    user.set_scene(1, studio_id=2)
    user.set_scene(2, studio_id=1)
    job = apply(plan)
    other.refresh_from_db()
    same.refresh_from_db()
    assert of(user, 1)[1] == "South" and other.status == Change.Status.REJECTED
    assert "another studio" in other.message and other.before is None
    assert same.status == Change.Status.APPLIED and same.before == same.after == {"studio_id": 1}
    assert job.result is not None and job.result["changes_left_alone"] == 1 and job.errors == 0


def test_details_that_a_person_has_changed_meanwhile_stay_and_that_is_said(user: User) -> None:
    plan = make_plan()
    rewritten, cleaned, emptied = set_details(plan, 1), set_details(plan, 2), set_details(plan, 3)
    user.set_scene(1, details="<p>Three dogs</p>")
    user.set_scene(2, details=NEW)
    user.set_scene(3, details="")
    apply(plan)
    for change in (rewritten, cleaned, emptied):
        change.refresh_from_db()
    assert [of(user, scene)[2] for scene in (1, 2, 3)] == ["<p>Three dogs</p>", NEW, ""]
    assert rewritten.status == emptied.status == Change.Status.REJECTED and "left alone" in rewritten.message
    assert cleaned.status == Change.Status.APPLIED and cleaned.before == cleaned.after


def test_null_characters_of_stash_which_no_database_of_ours_takes_do_no_harm(user: User) -> None:
    user.set_scene(1, details="a\0b<br>")
    plan = make_plan()
    change = set_details(plan, 1, "ab", "ab<br>")
    assert apply(plan).status == Status.COMPLETED
    change.refresh_from_db()
    assert of(user, 1)[2] == "ab" and change.before == {"details": "ab<br>"}


def test_a_performer_or_studio_that_was_destroyed_fails_alone(user: User, plan: Plan) -> None:
    user.destroy_performer(2)
    user.destroy_studio(1)
    job = apply(plan)
    assert job.status == Status.COMPLETED_WITH_ERRORS
    for scene in (1, 2, 3):
        assert of(user, scene) == (["Ann"], None, NEW)
    failed = plan.changes.bad()
    assert failed.count() == 6 and all(change.message for change in failed)


def test_a_performer_and_a_studio_keep_their_identity_under_another_name() -> None:
    for kind in ("add_performer", "set_studio"):
        assert change_key(kind, {"id": 1, "name": "Ann"}) == change_key(kind, {"id": 1, "name": "Anne"})
        assert change_key(kind, {"id": 1, "name": "Ann"}) != change_key(kind, {"id": 2, "name": "Ann"})


def test_details_are_read_only_where_they_are_to_be_changed(user: User) -> None:
    plan = make_plan()
    set_studio(plan, 1, 1)
    apply(plan)
    assert [entry.variables["with_details"] for entry in user.stash.asked("SceneStates")] == [False]


@pytest.mark.acceptance
@pytest.mark.parametrize(
    "point",
    [
        CrashPoint.MARKER_INTENDED,
        CrashPoint.PERFORMERS_ADDED,
        CrashPoint.STUDIO_SET,
        CrashPoint.DETAILS_SET,
        CrashPoint.CHANGES_RECORDED,
    ],
)
def test_a_crash_half_way_changes_nothing_in_the_end(user: User, plan: Plan, point: CrashPoint) -> None:
    job = engine.start("apply_plan", {"plan_id": plan.pk}, source="test")
    crash_at(point, STASHHOG_STASH_URL=user.stash.url)
    assert plan.changes.filter(status=Change.Status.APPROVED).exists()
    assert engine.recover() == 1
    work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED, job.error
    assert_applied_once(user, plan)


@pytest.mark.parametrize("operation", ["EachBulkSceneUpdate", "EachSceneUpdate"])
@pytest.mark.parametrize("fault", ["reset", "refuse", "http_502", "truncated", "not_json"])
def test_an_answer_that_is_lost_makes_nothing_twice(user: User, plan: Plan, operation: str, fault: str) -> None:
    user.stash.fault(fault, operation=operation)
    job = apply(plan)
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)
    assert_applied_once(user, plan)
    assert not plan.changes.filter(attempts__gt=0).exists(), "an outage is no failure of a change"


def test_a_person_who_writes_after_our_write_was_lost_has_the_last_word(user: User, plan: Plan) -> None:
    """Ours got into Stash, we never knew, and somebody went on from there: that is left alone."""
    user.stash.fault("truncated", operation="EachSceneUpdate", times=None)
    assert apply(plan).status == Status.FAILED and of(user, 2)[2] == NEW
    user.stash.clear_faults()
    user.set_scene(2, details="Two dogs and a cat")
    apply(plan)
    assert of(user, 2)[2] == "Two dogs and a cat"
    [left_alone] = plan.changes.filter(status=Change.Status.REJECTED)
    assert (left_alone.scene_id, left_alone.kind) == (2, "set_details")


def inverses_of(plan: Plan) -> Plan:
    """A plan that takes back what was applied."""
    back = make_plan()
    for change in plan.changes.all():
        inverse = KINDS[change.kind].inverse(change)
        assert inverse is not None
        add_change(back, change.scene_id, inverse.kind, **inverse.value)
    return back


def test_each_has_an_inverse_that_takes_it_back_and_nothing_else(user: User, plan: Plan) -> None:
    user.set_scene(1, performer_ids=[user.create_performer("Me")])
    before = user.stash.dump()["scenes"]
    apply(plan)
    assert apply(inverses_of(plan)).status == Status.COMPLETED
    times = {"updated_at": ""}
    assert [row | times for row in user.stash.dump()["scenes"]] == [row | times for row in before]
    assert not ScenePerformer.objects.exists()
    assert set(Scene.objects.values_list("studio", "details")) == {(None, OLD)}


def test_an_inverse_leaves_alone_what_a_person_has_changed_since(user: User, plan: Plan) -> None:
    apply(plan)
    user.set_scene(1, studio_id=2, details="Three dogs", performer_ids=[1])
    apply(inverses_of(plan))
    assert of(user, 1) == ([], "South", "Three dogs") and of(user, 2) == ([], None, OLD)
