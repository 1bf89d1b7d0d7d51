"""Stash away in any step: the run waits and goes on; away for good: the failure is reported, the next run does it."""

from __future__ import annotations

import pytest

from jobs.models import Status
from tests.outages.world import World, errors_of, log_of, statuses_of

pytestmark = pytest.mark.one_database

DONE, BAD, FAILED, SKIPPED, PENDING = "completed", "completed_with_errors", "failed", "skipped", "pending"
# From this moment on it is away: what becomes of the six steps.
FOR_GOOD = {
    "process_downloads": [FAILED, *[PENDING] * 5],
    "stash_scan": [DONE, FAILED, FAILED, SKIPPED, DONE, FAILED],
    "decide incremental_sync": [DONE, DONE, FAILED, SKIPPED, DONE, FAILED],
    "sync": [DONE, DONE, FAILED, SKIPPED, DONE, FAILED],
    "apply_plan": [DONE, DONE, DONE, BAD, FAILED, FAILED],
    "stash_generate": [DONE, DONE, DONE, DONE, FAILED, FAILED],
    "decide completion": [DONE, DONE, DONE, DONE, DONE, FAILED],
}


@pytest.mark.parametrize("moment", FOR_GOOD)
def test_stash_away_for_a_moment_is_waited_for_and_the_run_completes(world: World, moment: str) -> None:
    world.at(moment, world.stash.go_away)
    world.once_felt(world.stash.come_back)
    job = world.run()
    assert world.when_felt is None, "the outage was never felt"
    assert job.status == Status.COMPLETED, log_of(job)
    assert "Stash: no connection" in log_of(job)
    assert job.result is not None and job.result["summary"]["total_errors"] == 0
    world.nothing_is_lost()


@pytest.mark.parametrize("moment", FOR_GOOD)
def test_stash_away_for_good_fails_what_needs_it_and_the_next_run_makes_it_good(world: World, moment: str) -> None:
    world.at(moment, world.stash.go_away)
    job = world.run(max_attempts=2)
    assert statuses_of(job) == FOR_GOOD[moment], log_of(job)
    assert job.status == (Status.FAILED if moment == "process_downloads" else Status.COMPLETED_WITH_ERRORS)
    errors = errors_of(job)
    assert errors
    for error in errors:
        assert error["code"] in ("unreachable", "library_unconfirmed")
        assert f"Stash: no connection to {world.stash.url}" in error["message"]
        assert "Is it running, and is the address in the settings right" in error["message"]
    assert job.result is not None and job.result["status"] == job.status
    world.nothing_is_half_done_but_plans()
    world.stash.come_back()
    world.next_run_makes_it_good()
