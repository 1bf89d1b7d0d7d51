"""Small jobs that are done together: what goes wrong with one, or with the database, costs none of the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from jobs import clock, engine
from jobs.context import JobContext
from jobs.declare import registry
from jobs.declare.pinning import Pinning
from jobs.declare.registry import Report, get_task
from jobs.engine import prefetching
from jobs.models import Batch, Job, Status
from jobs.signals import runs_ended
from jobs.worker import execution, heartbeat, prefetched
from tests.jobs.small_jobs import Turns, do_together, first_of_a_run, kinds, singles, statuses

pytestmark = pytest.mark.django_db(transaction=True)

COMPLETED, QUEUED, RUNNING = "completed", "queued", "running"
ENDED = ["started", "claimed", "completed"]  # kinds of the events of one that ended well
UNSTORABLE: Any = "\0" if connection.vendor == "postgresql" else {1, 2}
NOTICED = 3  # seconds; nothing at all is to be waited for
PATIENCE = 20  # seconds until something that should happen counts as never


@pytest.fixture(autouse=True)
def _however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetched, "LONGEST", 60.0)
    monkeypatch.setattr(execution, "WRITE_RETRY_INTERVAL", 0.01)
    monkeypatch.setattr(heartbeat, "_heartbeat", None)


def fails_once(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, afterwards: bool = False) -> None:
    """The database is away at this call, or its answer is lost."""
    real, calls = getattr(owner, name), list[Any]()

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        found = real(*args, **kwargs) if afterwards or len(calls) > 1 else None
        if len(calls) == 1:
            raise OperationalError("the connection was closed unexpectedly")
        return found

    monkeypatch.setattr(owner, name, call)


def small_jobs_have(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    monkeypatch.setitem(registry._tasks, "model_small", replace(get_task("model_small"), **changed))


def log(context: JobContext) -> None:
    context.log("A line")


def fail(_: Any) -> None:
    raise ZeroDivisionError


def claims() -> set[Any]:
    return set(Job.objects.claimed().values_list("pk", flat=True))


# What is written together


def test_one_with_a_text_and_one_without_are_written_with_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = singles(4)
    texts = {jobs[1].pk: "Two things", jobs[3].pk: "Four things"}
    small_jobs_have(monkeypatch, report=lambda job: Report({"items": 0}, 0, text=texts.get(job.pk, "")))
    do_together()
    assert statuses(jobs) == [COMPLETED] * 4
    assert [Job.objects.get(pk=job.pk).message for job in jobs] == ["", "Two things", "", "Four things"]


@pytest.mark.parametrize("where", ["claim_successor", "_end"])
def test_when_the_database_is_away_at_their_end_it_is_written_a_moment_later(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = singles(4)
    fails_once(monkeypatch, prefetching, where, afterwards=True)
    do_together()
    assert [kinds(job) for job in jobs] == [ENDED] * 4
    assert statuses(jobs) == [COMPLETED] * 4 and not claims()


def test_when_the_database_is_away_while_one_writes_only_that_one_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs = singles(4)
    fails_once(monkeypatch, prefetching, "begin_batch", afterwards=True)
    do_together(Turns(job_2=log))
    assert statuses(jobs) == [COMPLETED, QUEUED, QUEUED, QUEUED] and not claims()
    assert [Job.objects.get(pk=job.pk).attempt for job in jobs] == [1, 2, 1, 1]
    assert kinds(jobs[0]) == ENDED and kinds(jobs[1]) == ["started", "claimed", "retried"]


@pytest.mark.parametrize("is_rolled_back", [True, False])
def test_what_a_task_wrote_in_a_transaction_of_its_own_may_be_rolled_back(is_rolled_back: bool) -> None:
    def write(context: JobContext) -> None:
        with transaction.atomic():
            context.log("A line")
            transaction.set_rollback(is_rolled_back)

    jobs = singles(4)
    following = do_together(Turns(job_2=write))
    assert statuses(jobs)[:2] == [COMPLETED] * 2
    if is_rolled_back:
        assert [kinds(job) for job in jobs] == [ENDED] * 4 and not claims()
    else:
        assert kinds(jobs[1]) == ["started", "claimed", "log", "completed"]
        assert claims() == {following.pk} and following.pk == jobs[2].pk


def test_the_heartbeat_does_not_wait_for_a_transaction_of_the_task() -> None:
    begun = list[float]()

    def write(context: JobContext) -> None:
        with transaction.atomic():
            context.log("A line")
            threading.Event().wait(5 * heartbeat.BEGIN_AFTER)
            begun.append(time.monotonic())
            context.log("Another line")
            begun.append(time.monotonic())

    jobs = singles(4)
    do_together(Turns(job_2=write), watch=True)
    assert begun[1] - begun[0] < NOTICED and statuses(jobs)[:2] == [COMPLETED] * 2


# What can't be written of one


def can_not_be_written(monkeypatch: pytest.MonkeyPatch, bad: Job) -> None:
    """How this job ends: the database refuses it each time."""
    real = prefetching.columns_of_end

    def columns_of_end(job: Job, *given: Any) -> Any:
        columns, event = real(job, *given)
        return columns | ({"result": UNSTORABLE} if job.pk == bad.pk else {}), event

    monkeypatch.setattr(prefetching, "columns_of_end", columns_of_end)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_result_that_cant_be_stored_keeps_no_other_from_ending(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = singles(4)
    can_not_be_written(monkeypatch, jobs[number])
    do_together()
    others = jobs[:number] + jobs[number + 1 :]
    assert statuses(others) == [COMPLETED] * 3 and claims() == {jobs[number].pk}
    Job.objects.claimed().update(lease_until=clock.now() - 10 * clock.lease())
    engine.recover()
    assert Job.objects.get(pk=jobs[number].pk).attempt == 2


def test_a_result_that_cant_be_stored_keeps_none_from_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, seen = singles(4), list[str]()
    can_not_be_written(monkeypatch, jobs[0])

    def look(_: JobContext) -> None:
        until = time.monotonic() + PATIENCE
        while statuses(jobs)[1] == QUEUED and time.monotonic() < until:
            threading.Event().wait(0.02)
        seen.extend(statuses(jobs))
        assert heartbeat._heartbeat is not None and heartbeat._heartbeat.is_alive()

    following = do_together(Turns(job_2=look), watch=True)
    assert seen == [RUNNING, RUNNING, QUEUED, QUEUED]
    assert statuses(jobs)[1] == COMPLETED and claims() == {jobs[0].pk, following.pk}


def test_those_of_a_run_that_is_deleted_end_with_it() -> None:
    first = first_of_a_run(4)

    def delete(context: JobContext) -> None:
        Job.objects.filter(pk=context.job.root_id).delete()
        log(context)

    turns = Turns(job_2=delete)
    assert do_together(turns, first) is None
    assert len(turns.begun) == 2 and not Job.objects.exists()


# Cancelled ones


def test_a_clean_up_that_fails_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    small_jobs_have(monkeypatch, on_cancel=fail)
    jobs = singles(4)
    assert do_together(Turns(job_2=lambda _: engine.cancel(jobs[2].pk))) is None
    assert statuses(jobs) == [COMPLETED, COMPLETED, "cancelled", QUEUED]
    assert claims() == {jobs[2].pk}  # for recovery


def test_a_clean_up_that_fails_while_one_is_at_work_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def be_away(_: Job) -> None:
        raise OperationalError("gone")

    small_jobs_have(monkeypatch, on_cancel=be_away)
    jobs = singles(4)

    def be_cancelled(context: JobContext) -> None:
        engine.cancel(context.id)
        log(context)
        context.progress(1, 1)

    do_together(Turns(job_2=be_cancelled))
    assert statuses(jobs) == [COMPLETED, "cancelled", QUEUED, QUEUED] and claims() == {jobs[1].pk}


def test_when_the_first_one_is_cancelled_no_more_of_its_step_run_than_it_allows() -> None:
    first, seen = first_of_a_run(6, 1), list[Any]()

    def act(context: JobContext) -> None:
        engine.cancel(first.pk)
        seen.append(engine.claim_next())
        log(context)

    turns = Turns(job_2=act)
    do_together(turns, first, most=3)
    assert seen[0] is not None
    assert list(Batch.objects.filter(step=first.step_id, status=Status.RUNNING)) == [seen[0].batch]
    assert Job.objects.get(pk=turns.begun[1]).status == QUEUED and claims() == {seen[0].pk}


def test_when_the_first_one_is_cancelled_another_goes_on_while_there_is_room() -> None:
    first = first_of_a_run(6, 1)

    def act(context: JobContext) -> None:
        engine.cancel(first.pk)
        log(context)

    turns = Turns(job_2=act)
    do_together(turns, first, most=3)
    assert Job.objects.get(pk=turns.begun[1]).status == COMPLETED


# The claims


def test_when_the_answer_to_a_prefetch_is_lost_its_jobs_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, seen = singles(3), list[Any]()
    fails_once(monkeypatch, engine, "prefetch", afterwards=True)
    following = do_together(Turns(job_1=lambda _: seen.append(claims())))
    assert seen == [{jobs[0].pk}]
    assert statuses(jobs) == [COMPLETED, RUNNING, QUEUED] and claims() == {following.pk}


def test_the_lease_is_kept_while_a_prefetch_waits(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.JOBS_HEARTBEAT = 0.1
    jobs, real = singles(3), engine.prefetch

    def wait(first: Job, most: int) -> tuple[list[Job], bool]:
        Job.objects.filter(pk=first.pk).update(lease_until=clock.now() + timedelta(seconds=5))
        until = time.monotonic() + PATIENCE
        while Job.objects.get(pk=first.pk).lease_until < clock.now() + timedelta(seconds=10):  # type: ignore[operator]
            assert time.monotonic() < until, "the lease was never renewed"
            threading.Event().wait(0.05)
        return real(first, most)

    monkeypatch.setattr(engine, "prefetch", wait)
    following = do_together(watch=True)
    monkeypatch.setattr(engine, "prefetch", real)
    while following:  # a beat in between has what ended written, and the rest given back
        following = do_together(first=following)
    assert statuses(jobs) == [COMPLETED] * 3


def test_of_each_that_ended_and_was_lost_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    jobs = singles(4)

    def freeze(_: JobContext) -> None:
        Job.objects.claimed().update(lease_until=clock.now() - 10 * clock.lease())
        engine.recover()

    do_together(Turns(job_3=freeze))
    lost = [record.getMessage() for record in caplog.records if "Lost the claim" in record.getMessage()]
    assert len(lost) == 3 and all(str(job.pk) in line for job, line in zip(jobs, lost, strict=False))


# The settings of their run


class Pins(Pinning):
    are_applied = ContextVar("are_applied", default=False)

    @contextmanager
    def applied(self, pinned: Any) -> Iterator[None]:
        token = self.are_applied.set(True)
        yield
        self.are_applied.reset(token)


@pytest.mark.parametrize("last", [lambda _: None, log, fail], ids=["all are small", "one writes", "one fails"])
def test_the_settings_of_their_run_are_for_their_tasks_only(last: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pins, seen = Pins(), list[tuple[str, bool]]()
    monkeypatch.setattr(execution, "pinning", lambda: pins)
    monkeypatch.setattr(prefetched, "pinning", lambda: pins)

    def listen(jobs: list[Job], **kwargs: Any) -> None:
        seen.extend(("told", pins.are_applied.get()) for _ in jobs)

    def look(_: JobContext) -> None:
        seen.append(("task", pins.are_applied.get()))

    runs_ended.connect(listen, weak=False, dispatch_uid="pins")
    try:
        singles(3)
        do_together(Turns(job_1=look, job_2=look, job_3=last))
    finally:
        runs_ended.disconnect(dispatch_uid="pins")
    assert seen[:2] == [("task", True)] * 2
    assert seen[2:] == [("told", False)] * 3
