"""Short, half and empty answers during the syncs of a run: nothing is deleted, and the next run has everything."""

from __future__ import annotations

import pytest

from jobs.models import Status
from scenes.models import Scene, SyncState
from tests.outages.world import World, log_of

pytestmark = pytest.mark.one_database

MADE_UP = 60  # scenes beside the films: more than 20, and more than 10 %, are missing in half an answer


def known() -> set[int]:
    return set(Scene.objects.present().values_list("pk", flat=True))


def make_up_scenes(world: World) -> None:
    world.stash.seed(scenes=MADE_UP, tags=3, performers=2, studios=1)


@pytest.mark.parametrize("keep", [0, 1, None], ids=["empty", "one row", "half"])
@pytest.mark.parametrize("fault", ["short_page", "short_answer"])
def test_answers_that_stay_short_delete_nothing(world: World, fault: str, keep: int | None) -> None:
    make_up_scenes(world)
    world.sync()
    before = known()
    assert len(before) == MADE_UP
    world.stash.fault(fault, None, times=None, keep=keep)
    for force in (True, False):
        job = world.sync(force)
        assert known() == before, log_of(job)
    world.stash.clear_faults()
    world.sync(force=True)
    assert known() == before and not SyncState.load().missing_ids


@pytest.mark.parametrize("operation", ["SceneIds", "ScenePage", "ScenesById", "Changes"])
@pytest.mark.parametrize("fault", ["short_page", "short_answer"])
def test_one_short_answer_in_a_run_deletes_nothing_and_costs_nothing(world: World, operation: str, fault: str) -> None:
    make_up_scenes(world)
    world.sync()
    before = known()
    world.stash.fault(fault, operation)
    job = world.sync(force=operation != "Changes")
    assert known() == before, log_of(job)
    assert job.status == Status.COMPLETED, log_of(job)
