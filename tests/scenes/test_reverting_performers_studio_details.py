"""Performers, studios and details that changes set are taken back, unless somebody set others since."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Status
from jobs.testing import run
from scenes.models import Change, Plan, Scene
from scenes.plans.values import digest_of
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, make_plan
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "<p>Two  dogs</p>", "Two dogs"


@pytest.fixture
def user(stash: RunningStash) -> User:
    user = User(stash)
    user.create_performer("Ann")
    for name in ("North", "South"):
        user.create_studio(name)
    user.set_scene(1, details=OLD)
    Scene.objects.update(details=OLD)
    return user


@pytest.fixture
def plan(user: User) -> Plan:
    """Applied."""
    plan = make_plan()
    add_change(plan, 1, Change.Kind.ADD_PERFORMER, id=1, name="Ann")
    add_change(plan, 1, Change.Kind.SET_STUDIO, id=1, name="North")
    add_change(plan, 1, Change.Kind.SET_DETAILS, details=NEW, made_from=digest_of(OLD))
    assert run("apply_plan", plan_id=plan.pk).status == Status.COMPLETED
    assert state(user.stash) == ([1], 1, NEW)
    return plan


def state(stash: RunningStash) -> tuple[list[int], int | None, str]:
    scene = stash.state.scenes[1]
    return scene.performer_ids, scene.studio_id, scene.details


def revert(plan: Plan) -> tuple[int, int]:
    job = run("revert_plan", plan_id=plan.pk)
    assert job.status == Status.COMPLETED and job.result is not None, job.error
    return job.result["changes_reverted"], job.result["changes_left_alone"]


def test_all_of_it_is_as_it_was_before(user: User, plan: Plan) -> None:
    assert revert(plan) == (3, 0)
    assert state(user.stash) == ([], None, OLD)
    scene = Scene.objects.get(pk=1)
    assert (scene.studio_id, scene.details, scene.performers.count()) == (None, OLD, 0)


def test_what_somebody_set_since_is_left(user: User, plan: Plan) -> None:
    user.set_scene(1, details="By hand", studio_id=2, performer_ids=[])
    assert revert(plan) == (0, 3)
    assert state(user.stash) == ([], 2, "By hand")


def test_what_was_there_before_is_left(user: User) -> None:
    user.set_scene(1, studio_id=1, performer_ids=[1], details=NEW)
    plan = make_plan()
    values: list[tuple[str, dict[str, Any]]] = [
        ("add_performer", {"id": 1, "name": "Ann"}),
        ("set_studio", {"id": 1, "name": "North"}),
        ("set_details", {"details": NEW, "made_from": digest_of(OLD)}),
    ]
    for kind, value in values:
        add_change(plan, 1, kind, **value)
    run("apply_plan", plan_id=plan.pk)
    assert revert(plan) == (0, 3)
    assert state(user.stash) == ([1], 1, NEW)


def test_details_that_two_plans_changed_are_those_of_before_both(user: User, plan: Plan) -> None:
    later = make_plan()
    add_change(later, 1, Change.Kind.SET_DETAILS, details="Dogs", made_from=digest_of(NEW))
    run("apply_plan", plan_id=later.pk)
    job = run("revert_plan", scene_id=1)
    assert job.result is not None and job.result["changes_reverted"] == 4
    assert state(user.stash) == ([], None, OLD)
