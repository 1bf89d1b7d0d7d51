"""A cluster is watched from when its workers are ready; one that fails again and again is started less and less often.

The supervisor has short intervals here (`tests.jobs.impatient_supervisor`), and the clusters are slow in proportion.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import transaction

from jobs import engine
from jobs.models import Event, Job, Status
from tests.jobs import worker_examples  # noqa: F401 - registers the examples
from tests.processes import alive, descendants, started, until

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
INTERVALS = {"UNRESPONSIVE_AFTER": 3.0, "RESTART_DELAY": 0.25, "LONGEST_RESTART_DELAY": 2.0}
SLOWER = 6  # seconds, longer than UNRESPONSIVE_AFTER
LATE = f'sleep {SLOWER}; exec "$@"'
REPLACED = "Replacing the cluster"


@dataclass
class ImpatientSupervisor:
    """A supervisor with short intervals, and its log."""

    pid: int
    log: Path

    def count(self, text: str) -> int:
        return self.log.read_text().count(text)


@contextlib.contextmanager
def supervisor(
    folder: Path, intervals: dict[str, float] = INTERVALS, *, command: str = 'exec "$@"', **extra: str
) -> Iterator[ImpatientSupervisor]:
    log = folder / "log.txt"
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.jobs.example_app.settings",
        "STASHHOG_WORKERS": "2",
        "STASHHOG_TEST_INTERVALS": json.dumps(intervals),
        "STASHHOG_TEST_CLUSTER": command,
        "STASHHOG_TEST_LOG": str(log),
    }
    with started("-m", "tests.jobs.impatient_supervisor", **settings | extra) as process:
        yield ImpatientSupervisor(process.pid, log)


def begin() -> Job:
    return engine.start("quick_example", {}, source="test")


def ended(job: Job) -> Job:
    return until(lambda: Job.objects.finished().filter(pk=job.pk).first(), "the job to end")


def stop(pids: list[int]) -> None:
    """By SIGSTOP, while this test holds SQLite's lock: one that is stopped with it would keep all from writing."""
    with transaction.atomic():
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)


def marks(path: Path) -> int:
    return len(path.read_text().split()) if path.exists() else 0


def test_a_cluster_that_takes_long_to_start_runs_its_job_and_is_never_replaced(tmp_path: Path) -> None:
    job = begin()
    with supervisor(tmp_path, command=LATE) as worker:
        assert ended(job).status == Status.COMPLETED
        assert not worker.count(REPLACED)


def test_workers_that_take_long_to_be_ready_are_waited_for_also_after_they_died(tmp_path: Path) -> None:
    first = begin()
    with supervisor(tmp_path, STASHHOG_EXAMPLE_SLOW_SPAWN=str(SLOWER)) as worker:
        assert ended(first).status == Status.COMPLETED
        _main, _sentinel, *rest = descendants(worker.pid)
        for pid in rest:
            os.kill(pid, signal.SIGKILL)
        assert ended(begin()).status == Status.COMPLETED
        assert not worker.count(REPLACED)


def test_a_cluster_that_hangs_in_its_start_is_replaced_after_a_longer_time_each_time(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    hangs = f'echo x >> {starts}; [ $(wc -l < {starts}) -gt 2 ] && exec "$@"; exec sleep 600'
    with supervisor(tmp_path, INTERVALS | {"START_TIMEOUT": 1.0}, command=hangs) as worker:
        until(lambda: marks(starts) == 3, "the third start")
        assert worker.count("none of its workers was ready within 1 s") == 1
        assert worker.count("none of its workers was ready within 2 s") == 1
        assert ended(begin()).status == Status.COMPLETED


def test_a_cluster_that_is_ready_and_hears_nothing_is_replaced(tmp_path: Path) -> None:
    with supervisor(tmp_path) as worker:
        ended(begin())
        _main, _sentinel, *hearing = descendants(worker.pid)
        stop(hearing)
        job = begin()
        assert ended(job).status == Status.COMPLETED
        assert not alive(hearing)
        assert worker.count("a due job waited 3 s beside a free worker") == 1
    assert not Event.objects.filter(job=job, kind="retried").exists()


def test_a_cluster_that_ends_at_once_is_started_less_and_less_often_and_the_log_stays_short(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    with supervisor(tmp_path, command=f"date +%s.%N >> {starts}; exit 1") as worker:
        until(lambda: marks(starts) >= 7, "the seventh start")
        times = [float(text) for text in starts.read_text().split()]
        between = [after - before for before, after in pairwise(times)]
        assert between[0] < max(between[2:]), between
        assert all(pause > 1.9 for pause in between[2:]), between  # 2 s is the longest
        assert worker.count(REPLACED) == 3  # 0.5, 1 and 2 s
        assert worker.count("Started a cluster") == 1


def test_a_cluster_that_ended_many_times_and_then_starts_gets_to_work(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    ends = f'echo x >> {starts}; [ $(wc -l < {starts}) -gt 3 ] && exec "$@"; exit 1'
    job = begin()
    with supervisor(tmp_path, command=ends):
        assert ended(job).status == Status.COMPLETED


def test_a_supervisor_that_was_stopped_with_its_cluster_replaces_nothing(tmp_path: Path) -> None:
    """As a paused container does: all clocks went on."""
    with supervisor(tmp_path) as worker:
        ended(begin())
        pids = [worker.pid, *descendants(worker.pid)]
        stop(pids)
        job = begin()
        pass_time(2 * INTERVALS["UNRESPONSIVE_AFTER"])
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        assert ended(job).status == Status.COMPLETED
        assert not worker.count(REPLACED)


def test_a_pause_of_all_that_is_longer_than_the_lease_costs_no_attempt(tmp_path: Path) -> None:
    lease = 6.0
    with supervisor(tmp_path, STASHHOG_LEASE=str(lease)) as worker:
        job = engine.start("slow_example", {"seconds": 3}, source="test")
        until(Job.objects.claimed().exists, "the job to be at work")
        pids = [worker.pid, *descendants(worker.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        pass_time(2 * lease)
        os.kill(worker.pid, signal.SIGCONT)  # the supervisor is the first to go on
        with contextlib.suppress(AssertionError):
            until(Event.objects.filter(job=job, kind="retried").exists, "it to watch", 2)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        done = ended(job)
    assert (done.status, done.attempt) == (Status.COMPLETED, 1)
    assert not Event.objects.filter(job=job, kind="retried").exists()


def pass_time(seconds: float) -> None:
    threading.Event().wait(seconds)
