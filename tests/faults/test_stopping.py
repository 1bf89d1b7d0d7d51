"""SIGTERM to all that `make run` started: jobs are requeued, processes are gone, and the next start goes on."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.models import Event, Job, Status
from scenes.crash_points import CrashPoint
from scenes.demo.processes import free_port
from tests.faults import matrix
from tests.faults.case import Case
from tests.faults.conftest import Expected
from tests.faults.final_rows import differences
from tests.faults.holding import GENERATE, SCAN, SYNC, WRITE, Held, begin_and_hold, going_on
from tests.faults.long_copy import LONG, add_long_film
from tests.faults.scenarios import prepared
from tests.faults.services import Services
from tests.processes import alive, descendants, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
WITHIN = 10.0  # seconds


def make_run(case: Case) -> int:
    """Its pid."""
    case.others.append(case.start("manage.py", "run", STASHHOG_BIND=f"127.0.0.1:{free_port(0)}"))
    return case.others[-1].pid


def stop(case: Case, pid: int, *, whole_group: bool) -> None:
    """As `kill` or as systemd does it; every process is gone afterwards."""
    processes = [pid, *descendants(pid)]
    (os.killpg if whole_group else os.kill)(pid, signal.SIGTERM)
    until(going_on(case, lambda: not alive(processes)), "all processes to be gone", WITHIN)
    case.others.pop().wait()


@pytest.mark.parametrize("whole_group", [False, True], ids=["honcho alone", "its whole group"])
def test_sigterm_gives_every_job_back_and_the_next_start_goes_on(
    services: Services, expected: Expected, tmp_path: Path, whole_group: bool
) -> None:
    wanted = expected("link")
    with prepared(services, tmp_path, "link") as case:
        services.slow(tagger=0.5)
        first = make_run(case)
        run = case.begin()
        at_work = run.sub_jobs.claimed().filter(type="analysis")
        until(lambda: at_work.count() == 2, "two analyses at work", 40)
        stop(case, first, whole_group=whole_group)
        assert not Job.objects.claimed().exists()
        assert Event.objects.filter(job__in=run.sub_jobs.filter(type="analysis"), kind="requeued").count() == 2
        make_run(case)
        goes_on_as_if_nothing_had_happened(case, run, wanted)


# Beside the analyses above: whatever else a stop may find a worker in.
@pytest.mark.parametrize("held", matrix.selected([replace(WRITE, batch_size=2), SCAN, GENERATE], [SYNC]), ids=str)
def test_sigterm_in_the_midst_of_a_step_gives_its_job_back(
    services: Services, expected: Expected, tmp_path: Path, held: Held
) -> None:
    wanted = expected("link")
    with prepared(services, tmp_path, "link") as case:
        first = make_run(case)
        run = begin_and_hold(case, held)
        stop(case, first, whole_group=True)
        assert_requeued(run, held.type)
        services.all_well()
        make_run(case)
        # A scan is asked for again; a generation is followed.
        goes_on_as_if_nothing_had_happened(case, run, wanted, "metadataScan" if held is SCAN else "")


def test_sigterm_in_the_midst_of_a_copy_gives_its_job_back(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "copy") as case:
        add_long_film(case)
        case.arm(CrashPoint.COPY_BEGUN, "frozen", once=False)  # at each piece, until the test lets it go on
        first = make_run(case)
        run = case.begin()
        copying = run.sub_jobs.claimed().filter(message__contains=f"copying {LONG}")
        until(going_on(case, copying.exists), "the copy to be under way", 40)
        stop(case, first, whole_group=True)
        assert_requeued(run, "process_downloads")
        assert not (case.library / LONG).exists()
        case.armed = {}
        make_run(case)
        ended = case.end(run)
        assert ended.status == Status.COMPLETED, ended.result
        assert (case.library / LONG).read_bytes() == (case.downloads / LONG).read_bytes()
        case.nothing_is_left_half_done()


def assert_requeued(run: Job, type: str) -> None:
    assert not Job.objects.claimed().exists()
    requeued = Event.objects.filter(job__in=run.sub_jobs.filter(type=type), kind="requeued")
    assert requeued.count() == 1


def goes_on_as_if_nothing_had_happened(case: Case, run: Job, wanted: dict[str, Any], *once_more: str) -> None:
    ended = case.end(run)
    assert ended.status == Status.COMPLETED, ended.result
    assert set(run.sub_jobs.values_list("attempt", flat=True)) == {1}, "a stop costs no attempt"
    case.nothing_is_left_half_done()
    different = differences(wanted, case.final_state(), once_more)
    assert not different, "\n".join(different)


def test_a_supervisor_killed_while_its_cluster_starts_leaves_no_cluster(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "link") as case:
        worker = case.start_worker()
        cluster = until(lambda: descendants(worker.pid), "the cluster's first process", 30)
        worker.kill()
        until(lambda: not alive(cluster), "it to see that it has no supervisor", 30)
