"""A worker learns within a second that its job was cancelled or orphaned, or that it has to stop; leases are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from jobs import engine, testing
from jobs.context import JobContext
from jobs.errors import Cancelled, ClaimLost, Stopping, Unwind
from jobs.models import Job, Status
from jobs.worker import execution, heartbeat
from jobs.worker.heartbeat import Heartbeat, stopping, watching
from tests.jobs import engine_examples as examples

pytestmark = pytest.mark.django_db(transaction=True)

NOTICED = 5.0  # seconds; 1 is promised, but machines may be busy
PATIENCE = 20  # seconds until something that should happen counts as never


@pytest.fixture(autouse=True)
def _a_heartbeat_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The thread of an earlier test may wait for an event that was replaced there, and never look again."""
    monkeypatch.setattr(heartbeat, "_heartbeat", None)
    yield
    stopping.clear()


@pytest.fixture
def job() -> JobContext:
    started = engine.start("model_plain", source="test")
    claimed = engine.claim_next(started.pk)
    assert claimed is not None
    return JobContext(claimed)


def lose(job: JobContext) -> None:
    Job.objects.filter(pk=job.id).update(lease_until=timezone.now() - timedelta(hours=1))
    engine.recover()


def lease(job: JobContext) -> datetime:
    until = Job.objects.get(pk=job.id).lease_until
    assert until is not None
    return until


HAPPENINGS: list[tuple[Any, type[Unwind]]] = [
    (lambda job: engine.cancel(job.id), Cancelled),
    (lose, ClaimLost),
    (lambda job: Job.objects.filter(pk=job.id).delete(), ClaimLost),
    (lambda job: stopping.set(), Stopping),
]


@pytest.mark.parametrize(("happening", "reason"), HAPPENINGS, ids=["cancelled", "lost", "deleted", "stopping"])
def test_who_waits_is_woken_within_a_second_and_told_why(job: JobContext, happening: Any, reason: Any) -> None:
    with watching(job):
        happening(job)
        since = time.monotonic()
        with pytest.raises(reason):
            job.pause(PATIENCE)
        assert time.monotonic() - since < NOTICED


def test_a_read_under_way_is_given_up_at_once(job: JobContext) -> None:
    hangs = threading.Event()
    with watching(job):
        engine.cancel(job.id)
        with pytest.raises(Cancelled):
            job.read(lambda: hangs.wait(PATIENCE), PATIENCE)
        hangs.set()


def test_a_write_under_way_is_awaited_and_its_outcome_recorded(job: JobContext) -> None:
    def write() -> str:
        engine.cancel(job.id)
        connection.close()  # of this call's own thread
        assert job.wake.wait(PATIENCE)
        return "done"

    with watching(job):
        assert job.write(write, PATIENCE) == "done"
        job.log("What it came to")
        with pytest.raises(Cancelled):
            job.write(lambda: pytest.fail("began after the cancel"), PATIENCE)
    engine.clean_up(Job.objects.get(pk=job.id))
    assert Job.objects.get(pk=job.id).result == {"items": 1}


def test_a_lease_is_renewed_while_the_job_is_watched_and_not_after(job: JobContext, settings: Any) -> None:
    settings.JOBS_HEARTBEAT = 0.3
    Job.objects.filter(pk=job.id).update(lease_until=timezone.now() + timedelta(seconds=5))
    with watching(job):
        deadline = time.monotonic() + PATIENCE
        while lease(job) < timezone.now() + timedelta(seconds=20):
            assert time.monotonic() < deadline, "the lease was never renewed"
            job.wake.wait(0.05)
    engine.recover()
    assert Job.objects.get(pk=job.id).status == Status.RUNNING


def test_a_write_never_shortens_a_lease_and_is_surely_outlived_by_it(job: JobContext) -> None:
    before = lease(job)
    job.write(lambda: None, 1)
    assert lease(job) >= before
    job.write(lambda: None, 100)
    assert lease(job) > timezone.now() + timedelta(seconds=100)
    with watching(job):
        heartbeat._heartbeat.renew(job)  # type: ignore[union-attr]
    assert lease(job) > timezone.now() + timedelta(seconds=99)


def test_no_write_begins_after_a_cancel_that_the_heartbeat_has_not_seen(job: JobContext) -> None:
    job.write(lambda: None, 100)  # the lease is long enough for all that follows
    engine.cancel(job.id)
    with pytest.raises(Cancelled):
        job.write(lambda: pytest.fail("began after the cancel"), 1)


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("connection already closed")])
def test_a_heartbeat_that_misses_the_database_once_goes_on(
    job: JobContext, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()
    look = heartbeat.Heartbeat.poll

    def fail_once(self: heartbeat.Heartbeat, context: JobContext) -> None:
        if not failed.is_set():
            failed.set()
            raise error
        look(self, context)

    monkeypatch.setattr(heartbeat.Heartbeat, "poll", fail_once)
    with watching(job):
        assert failed.wait(PATIENCE)
        engine.cancel(job.id)
        with pytest.raises(Cancelled):
            job.pause(PATIENCE)


def test_what_interrupts_a_task_ends_it_through_the_worker_as_it_should() -> None:
    for happening, expected in (
        (lambda job: engine.cancel(job.id), (Status.CANCELLED, 1, None)),
        (lambda job: stopping.set(), (Status.QUEUED, 1, None)),
        (lose, (Status.QUEUED, 2, None)),
    ):
        started = engine.start("model_plain", source="test")
        claimed = engine.claim_next(started.pk)
        assert claimed is not None

        def act(name: str, context: JobContext, happening: Any = happening) -> None:
            happening(context)
            context.pause(PATIENCE)

        with examples.acting(act):
            assert execution.run_job(claimed) is None
        stopping.clear()
        started.refresh_from_db()
        assert (started.status, started.attempt, started.claim_token) == expected


def test_a_heartbeat_with_nothing_to_watch_keeps_no_connection(
    job: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, open_after = threading.Event(), []
    look, wait = heartbeat.Heartbeat.poll, threading.Event()

    def watch(self: heartbeat.Heartbeat, context: JobContext) -> None:
        look(self, context)
        looked.set()

    class Changed(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is None:
                open_after.append(connection.connection is not None)
                wait.set()
            return super().wait(timeout)

    monkeypatch.setattr(heartbeat.Heartbeat, "poll", watch)
    with watching(job):
        assert heartbeat._heartbeat is not None
        monkeypatch.setattr(heartbeat._heartbeat, "changed", Changed())
        assert looked.wait(PATIENCE)
    assert wait.wait(PATIENCE)
    assert set(open_after) == {False}  # once more, where the thread was quick


def test_a_job_that_hung_and_was_requeued_at_a_stop_keeps_no_error() -> None:
    context = testing.context("model_plain")
    Heartbeat().stop_stalled(context)
    engine.recover(stopped=True)
    testing.work()
    context.job.refresh_from_db()
    assert (context.job.status, context.job.error) == (Status.COMPLETED, None)
