"""A change that removes a tag from a scene takes that tag, by its id, and nothing else."""

from __future__ import annotations

import pytest

from jobs.models import Status
from jobs.testing import run
from scenes.models import Change
from scenes.models.library import SceneTag
from scenes.simulators.stash import RunningStash
from tests.scenes.analysis_factories import add_change, make_plan, tags_of
from tests.scenes.stash_user import User

pytestmark = pytest.mark.django_db(transaction=True)


def first_tag(stash: RunningStash, scene: int) -> int:
    return stash.state.scenes[scene].tag_ids[0]


def removal(scene: int, tag: int, name: str) -> Change:
    return add_change(make_plan(), scene, Change.Kind.REMOVE_TAG, tag_id=tag, name=name)


def apply(change: Change) -> Change:
    assert run("apply_plan", plan_id=change.plan_id).status == Status.COMPLETED
    change.refresh_from_db()
    return change


def test_only_that_tag_goes_and_our_copy_knows_it(stash: RunningStash) -> None:
    mine = User(stash).create_tag("Mine")
    stash.do(lambda: stash.state.scenes[1].tag_ids.append(mine))
    tag, others = first_tag(stash, 1), {2: tags_of(stash)[2], 3: tags_of(stash)[3]}
    change = apply(removal(1, tag, stash.state.tags[tag].name))
    assert tags_of(stash) == {1: ["Mine"], **others}
    assert (change.status, change.before, change.after) == (
        "applied",
        {"present": True, "tag_id": tag},
        {"present": False},
    )
    assert not SceneTag.objects.filter(scene=1, tag=tag).exists()
    assert SceneTag.objects.filter(scene=2).exists()


def test_a_tag_that_was_renamed_goes_all_the_same(stash: RunningStash) -> None:
    tag = first_tag(stash, 1)
    name = stash.state.tags[tag].name
    User(stash).rename_tag(tag, "Otherwise")
    apply(removal(1, tag, name))
    assert tags_of(stash)[1] == []


def test_a_tag_that_is_gone_already_is_noted_as_such(stash: RunningStash) -> None:
    other = User(stash).create_tag("Other")
    change = apply(removal(1, other, "Other"))
    assert change.before == {"present": False, "tag_id": other} and len(tags_of(stash)[1]) == 1
    stash.forget_requests()
    assert run("apply_plan", plan_id=change.plan_id).status == Status.COMPLETED
    assert not stash.asked("EachBulkSceneUpdate")
