"""Leases end by one clock, and none ends for a while after that clock was set."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs import clock, engine
from jobs.context import JobContext
from jobs.engine import process_id, recovering
from jobs.engine.backoff import delay
from jobs.engine.claiming import LONGEST_DELAY
from jobs.models import Job, Status
from jobs.waiting import Waiter
from jobs.worker import cluster
from jobs.worker.heartbeat import Heartbeat
from tests.jobs import examples

pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = "attic|another boot|pid:[1]|7|7"  # only the lease can tell whether it lives


@pytest.fixture(autouse=True)
def _fresh_lease_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test does to the clock is not another's."""
    monkeypatch.setattr(recovering, "_lease_clock", clock.LeaseClock())


@pytest.fixture
def job() -> Job:
    """At work on another host."""
    examples.behaviour.clear()
    started = engine.start("example", source="test")
    job = engine.claim_next(started.pk)
    assert job is not None
    Job.objects.filter(pk=job.pk).update(claimed_by=ELSEWHERE)
    return job


def set_clock(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + ahead)


def test_a_clock_that_was_set_takes_no_job_from_a_living_worker(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.recover() == 0
    set_clock(monkeypatch, timedelta(hours=1))
    assert engine.recover() == 0
    assert Job.objects.get(pk=job.pk).claim_token == job.claim_token


def test_a_job_whose_lease_is_not_renewed_after_that_is_orphaned_all_the_same(
    job: Job, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.JOBS_LEASE = 0.2
    engine.recover()
    set_clock(monkeypatch, timedelta(hours=1))
    assert engine.recover() == 0
    Waiter().pause(0.3)
    assert engine.recover() == 1
    assert Job.objects.get(pk=job.pk).status == Status.QUEUED


@dataclass
class Stopped:
    """In place of `time`: this process and its workers were stopped for so many seconds."""

    seconds: float = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.seconds


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Stopped:
    stopped, real = Stopped(), clock.now
    monkeypatch.setattr(clock, "time", stopped)
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=stopped.seconds))
    return stopped


def stop_while(monkeypatch: pytest.MonkeyPatch, stopped: Stopped, place: Any, name: str) -> None:
    """For longer than a lease, just before it returns, once."""
    real = getattr(place, name)

    def then_stopped(*args: Any) -> Any:
        answer = real(*args)
        monkeypatch.setattr(place, name, real)
        stopped.seconds += 100
        return answer

    monkeypatch.setattr(place, name, then_stopped)


@pytest.mark.parametrize("name", ["claimed_active", "now"])
def test_a_pause_of_all_processes_at_any_moment_takes_no_job_from_a_living_worker(
    job: Job, monkeypatch: pytest.MonkeyPatch, stopped: Stopped, name: str
) -> None:
    engine.watch_leases()
    engine.recover()
    stop_while(monkeypatch, stopped, recovering if name == "claimed_active" else clock, name)
    assert engine.recover() == 0
    assert Job.objects.get(pk=job.pk).claim_token == job.claim_token
    assert engine.recover() == 0
    stopped.seconds += 12
    engine.recover()
    stopped.seconds += 12
    engine.recover()
    stopped.seconds += 12
    assert engine.recover() == 1, "its worker had the time of a lease to renew it"


def test_a_pause_before_the_first_look_takes_no_job_from_a_living_worker(job: Job, stopped: Stopped) -> None:
    engine.watch_leases()
    stopped.seconds += 100
    assert engine.recover() == 0


def test_a_worker_that_has_just_begun_leaves_it_to_its_supervisor_whether_a_lease_is_over(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now())
    monkeypatch.setattr(cluster.signal, "signal", lambda *_: None)
    monkeypatch.setattr(cluster.execution, "work", lambda: None)
    cluster.worker_started()
    assert Job.objects.get(pk=job.pk).claim_token == job.claim_token
    monkeypatch.setattr(recovering, "_lease_clock", clock.LeaseClock())
    assert engine.recover() == 1


def test_a_supervisor_that_is_always_slow_rescues_a_job_all_the_same(job: Job, stopped: Stopped) -> None:
    engine.watch_leases()
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now())
    for _ in range(4):
        stopped.seconds += 20
        engine.recover()
    assert Job.objects.get(pk=job.pk).status == Status.QUEUED


def test_a_dead_worker_of_this_host_needs_no_clock(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.recover()
    set_clock(monkeypatch, timedelta(hours=1))
    Job.objects.filter(pk=job.pk).update(claimed_by=gone())
    assert engine.recover() == 1


def gone() -> str:
    name, boot, namespace, pid, _ = process_id.current().split("|")
    return "|".join((name, boot, namespace, pid, "an earlier start"))


def fast() -> datetime:
    return datetime.now(tz=UTC) + timedelta(hours=1)


def test_hosts_whose_clocks_differ_agree_on_a_lease_by_the_databases_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    started = engine.start("example", source="test")
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", fast)
        job = engine.claim_next(started.pk)
    assert job is not None and job.lease_until is not None
    ahead = job.lease_until - timezone.now()
    one_clock = connection.vendor == "postgresql"
    assert (ahead < timedelta(minutes=5)) is one_clock


def test_a_lease_of_a_clock_that_was_set_back_since_keeps_no_job(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() + timedelta(days=2))
    assert engine.recover() == 1
    assert Job.objects.get(pk=job.pk).status == Status.QUEUED


def test_a_job_that_is_claimed_while_recovery_looks_at_the_clock_is_not_taken_from_its_worker(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.JOBS_LEASE = 1000.0  # longer than that of any write
    started, real = engine.start("example", source="test"), clock.now

    def now() -> datetime:
        moment = real()
        with monkeypatch.context() as patch:
            patch.setattr(clock, "now", real)
            engine.claim_next(started.pk)
        return moment

    monkeypatch.setattr(clock, "now", now)
    assert engine.recover() == 0
    assert Job.objects.get(pk=started.pk).status == Status.RUNNING


def test_a_job_that_is_renewed_while_recovery_looks_at_it_is_not_taken_from_its_worker(
    job: Job, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.JOBS_LEASE = 1000.0
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    locked = recovering.lock_run

    def renewed_meanwhile(root_id: Any) -> Job:
        Heartbeat().renew(JobContext(job))
        return locked(root_id)

    monkeypatch.setattr(recovering, "lock_run", renewed_meanwhile)
    engine.recover()
    assert Job.objects.get(pk=job.pk).claim_token == job.claim_token


def test_a_lease_made_longer_for_a_write_is_a_lease(job: Job) -> None:
    JobContext(job).write(lambda: None, clock.LONGEST_WRITE)
    assert engine.recover() == 0
    with pytest.raises(ValueError, match="longer"):
        JobContext(job).write(lambda: None, clock.LONGEST_WRITE + 1)


def test_a_living_worker_renews_its_lease_after_the_clock_was_set_back(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() + timedelta(days=2))
    Heartbeat().renew(JobContext(job))
    assert engine.recover() == 0
    lease = Job.objects.get(pk=job.pk).lease_until
    assert lease is not None
    assert lease < timezone.now() + timedelta(minutes=1)


def test_a_retry_that_a_wrong_clock_put_off_for_days_is_due() -> None:
    late = engine.start("example", source="test")
    Job.objects.filter(pk=late.pk).update(run_after=timezone.now() + timedelta(minutes=50))
    assert engine.claim_next(late.pk) is None
    Job.objects.filter(pk=late.pk).update(run_after=timezone.now() + timedelta(days=2))
    assert engine.claim_next(late.pk) == late


def test_no_retry_is_put_off_for_longer_than_the_longest_delay() -> None:
    delays = [delay(3600, attempt=60) for _ in range(100)]
    assert max(delays) <= LONGEST_DELAY.total_seconds()
    assert len(set(delays)) > 1
