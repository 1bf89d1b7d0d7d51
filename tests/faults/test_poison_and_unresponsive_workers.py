"""What would never end by itself: a job that kills its workers, and workers that receive no wake-ups."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from jobs.crash_points import EngineCrashPoint
from jobs.models import Event, Status
from scenes.crash_points import CrashPoint
from tests.faults.scenarios import everything_is_done, prepared
from tests.faults.services import Services
from tests.processes import alive, descendants, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


def test_a_job_that_kills_every_worker_fails_after_its_attempts_and_the_run_goes_on(
    services: Services, tmp_path: Path
) -> None:
    with prepared(services, tmp_path, "link") as case:
        case.arm(CrashPoint.SCENE_TAGGED, once=False)
        case.start_worker()
        run = case.run(batch_size=100)
        assert run.status == Status.COMPLETED_WITH_ERRORS
        poison = run.sub_jobs.get(type="analysis")
        assert (poison.status, poison.attempt, poison.error_code) == (Status.FAILED, 3, "worker_lost")
        assert "It was tried 3 times" in poison.error_message
        ends = dict(run.steps.values_list("key", "status"))
        assert ends.pop("analysis_batches") == Status.FAILED
        assert set(ends.values()) <= {Status.COMPLETED, Status.SKIPPED}
        assert run.result is not None and run.result["summary"]["total_errors"] == 1
        case.nothing_is_left_half_done()


def test_a_decision_that_kills_every_worker_fails_the_run(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "link") as case:
        case.arm(f"{EngineCrashPoint.STEP_DECIDED}@stash_scan", once=False)
        case.start_worker()
        run = case.run()
        assert (run.status, run.error_code) == (Status.FAILED, "worker_lost")
        assert "died 3 times while it decided the step Stash metadata scan" in run.error_message
        case.nothing_is_left_half_done()


def test_a_cluster_that_hears_nothing_is_replaced(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "link") as case:
        worker = case.start_worker()
        case.run("sync")
        _main, _sentinel, *hearing = descendants(worker.pid)
        for pid in hearing:
            os.kill(pid, signal.SIGSTOP)
        run = case.run()
        assert run.status == Status.COMPLETED
        assert not alive(hearing), "a process of the unresponsive cluster is still there"
        assert "beside a free worker" in case.log.read_text()
        assert not Event.objects.filter(kind="retried").exists(), "deafness costs no attempt"


@pytest.mark.parametrize("victim", ["worker", "cluster"])
def test_a_death_during_recovery_is_recovered_from(services: Services, tmp_path: Path, victim: str) -> None:
    """The one who rescues a dead worker's job dies too, before it sends a wake-up."""
    with prepared(services, tmp_path, "link") as case:
        services.slow(tagger=1.0)
        case.arm(EngineCrashPoint.RESCUED, victim)
        case.start_worker()
        run = case.begin()
        claimed = until(lambda: run.sub_jobs.claimed().filter(type="analysis").first(), "the analysis", 30)
        os.kill(int(claimed.claimed_by.split("|")[3]), signal.SIGKILL)
        ended = case.end(run)
        assert case.reached()
        assert ended.status == Status.COMPLETED, ended.result
        case.nothing_is_left_half_done()
        everything_is_done()
