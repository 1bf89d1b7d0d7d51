"""Stash shows an empty library while a run writes its changes, and all of it later: every change gets there."""

from __future__ import annotations

from typing import Any

from jobs.models import Status
from scenes.models import Change
from tests.outages.world import World, errors_of, log_of


def test_changes_to_scenes_that_stash_does_not_show_are_written_by_the_next_run(world: World) -> None:
    hidden: dict[int, Any] = {}

    def hide() -> None:
        hidden.update(world.stash.state.scenes)
        world.stash.state.scenes.clear()

    world.at("apply_plan", lambda: world.stash.do(hide))
    job = world.run()
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert "missing_in_stash" in {error["code"] for error in errors_of(job)}, log_of(job)
    assert set(Change.objects.values_list("status", flat=True)) == {"approved"}
    world.stash.do(lambda: world.stash.state.scenes.update(hidden))
    world.next_run_makes_it_good()
