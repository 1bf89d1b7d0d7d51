"""Faults that an adversary found in the engine, each once."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from jobs import engine, testing
from jobs.context import JobContext
from jobs.declare.registry import get_task
from jobs.engine import process_id
from jobs.errors import Cancelled, ClaimLost, JobError, NotPossible, Stopping
from jobs.models import Event, Job, Status
from jobs.worker import execution
from jobs.worker.heartbeat import stopping
from tests.jobs import engine_examples as examples

pytestmark = pytest.mark.django_db(transaction=True)


def once(key: str, error: BaseException) -> examples.Act:
    """Raises the error in the first task or decision of that name."""
    errors = [error]

    def act(name: str, context: JobContext) -> None:
        if name == key and errors:
            raise errors.pop()

    return act


def claimed(type: str) -> Job:
    started = engine.start(type, source="test")
    job = engine.claim_next(started.pk)
    assert job is not None and job.pk == started.pk
    return job


def expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(hours=1))


DEAD = process_id.current().replace(f"|{os.getpid()}|", "|1|")


def test_a_fault_of_ours_in_a_decision_fails_its_step_and_the_runs_result_says_how_it_ended() -> None:
    with examples.acting(once("batches", KeyError("nonsense"))):
        run = testing.run("model_workflow")
    assert run.steps.get(key="batches").error_code == "internal_error"
    assert run.status == Status.COMPLETED_WITH_ERRORS
    assert (run.result or {})["status"] == "completed_with_errors"


def test_a_database_error_in_a_decision_costs_the_run_neither_its_bar_nor_an_attempt() -> None:
    run = engine.start("model_workflow", {"max_attempts": 2}, source="test")
    bars = []

    def watch(name: str, context: JobContext) -> None:
        bars.append(Job.objects.get(pk=run.pk).percent)

    with (
        examples.acting(watch),
        examples.acting(once("batches", OperationalError("database is locked"))),
        examples.acting(once("last", OperationalError("database is locked"))),
    ):
        testing.work()
    run.refresh_from_db()
    assert (run.status, run.attempt, run.percent) == (Status.COMPLETED, 1, 100)
    assert bars == sorted(bars)


def test_a_database_error_that_stays_fails_the_run() -> None:
    def act(name: str, context: JobContext) -> None:
        if name == "batches":
            raise OperationalError("disk is full")

    with examples.acting(act):
        run = testing.run("model_workflow", max_attempts=2)
    assert (run.status, run.error_code) == (Status.FAILED, "database")
    assert not run.sub_jobs.active().exists()


@pytest.mark.parametrize("write", [lambda job: job.progress(1, 2), lambda job: job.write(lambda: None, 60)])
def test_a_cancelled_or_orphaned_job_is_refused_when_it_writes(write: Any) -> None:
    cancelled, orphaned = JobContext(claimed("model_plain")), JobContext(claimed("model_plain"))
    engine.cancel(cancelled.id)
    with pytest.raises(Cancelled):
        write(cancelled)
    expire(orphaned.job)
    engine.recover()
    with pytest.raises(ClaimLost):
        write(orphaned)


def test_recovery_asks_no_service_and_leaves_the_clean_up_to_a_worker() -> None:
    cancelled, other = claimed("model_locked"), claimed("model_plain")
    engine.cancel(cancelled.pk)
    expire(cancelled)
    expire(other)
    examples.cleaned_up.clear()
    assert engine.recover() == 1
    other.refresh_from_db()
    assert (other.status, examples.cleaned_up) == (Status.QUEUED, [])
    engine.clean_up_orphaned()
    assert [gone.pk for gone in examples.cleaned_up] == [cancelled.pk]


def test_a_clean_up_that_fails_is_repeated_when_its_lease_has_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cancelled = claimed("model_locked")
    engine.cancel(cancelled.pk)
    expire(cancelled)

    def fail(job: Job) -> None:
        raise JobError("away", "The service is away.")

    with monkeypatch.context() as patch:
        patch.setitem(get_task("model_locked").__dict__, "on_cancel", fail)
        engine.clean_up_orphaned()
    engine.clean_up_orphaned()
    assert Job.objects.get(pk=cancelled.pk).claim_token is not None
    expire(cancelled)
    engine.clean_up_orphaned()
    assert Job.objects.get(pk=cancelled.pk).claim_token is None


def test_a_worker_that_wakes_late_does_not_end_what_a_later_attempt_began() -> None:
    first = claimed("model_plain")
    engine.cancel(first.pk)
    expire(first)
    engine.clean_up_orphaned()
    engine.retry(first.pk)
    second = engine.claim_next(first.pk)
    assert second is not None
    engine.cancel(second.pk)
    examples.cleaned_up.clear()
    engine.clean_up(first)
    assert (examples.cleaned_up, Job.objects.get(pk=first.pk).claim_token) == ([], second.claim_token)
    engine.clean_up(second)
    assert [gone.pk for gone in examples.cleaned_up] == [first.pk]


def test_an_end_that_kills_every_worker_fails_the_run() -> None:
    run = claimed("model_workflow")
    run.steps.update(status=Status.COMPLETED)
    Job.objects.filter(pk=run.pk).update(claimed_by=DEAD, max_attempts=2)
    engine.recover()
    assert engine.claim_next(run.pk) is not None
    Job.objects.filter(pk=run.pk).update(claimed_by=DEAD)
    engine.recover()
    run.refresh_from_db()
    assert (run.status, run.error_code) == (Status.FAILED, "worker_lost")
    assert "died 2 times while it wrote the end" in run.error_message


def test_what_an_earlier_attempt_left_running_is_ended_when_its_job_is_cancelled_in_the_queue() -> None:
    job = claimed("model_plain")
    expire(job)
    engine.recover()
    examples.cleaned_up.clear()
    engine.cancel(job.pk)
    engine.clean_up_orphaned()
    assert [gone.pk for gone in examples.cleaned_up] == [job.pk]
    assert Job.objects.get(pk=job.pk).claim_token is None
    engine.clean_up_orphaned()
    assert len(examples.cleaned_up) == 1


def test_a_job_that_never_began_is_cancelled_without_more_ado() -> None:
    job = engine.start("model_plain", source="test")
    examples.cleaned_up.clear()
    engine.cancel(job.pk)
    engine.clean_up_orphaned()
    assert examples.cleaned_up == []


def test_a_cancelled_job_keeps_its_lock_until_its_worker_has_cleaned_up() -> None:
    first, second = claimed("model_locked"), engine.start("model_locked", source="test")
    engine.cancel(first.pk)
    assert engine.claim_next() is None
    JobContext(first).log("What the write under way came to")
    engine.clean_up(Job.objects.get(pk=first.pk))
    taken = engine.claim_next()
    assert taken is not None and taken.pk == second.pk
    assert Job.objects.get(pk=first.pk).result == {"items": 1}


def test_a_single_worker_takes_what_waits_longest_before_the_rest_of_a_long_run() -> None:
    run = engine.start("model_workflow", {"batches": 5}, source="test")
    single = engine.start("model_plain", source="test")
    execution.handle_wakeup(str(run.pk))
    ends = list(Event.objects.filter(kind="completed").order_by("id").values_list("job", flat=True))
    assert ends[0] == single.pk
    assert ends[-1] == run.pk


def test_a_worker_that_is_stopping_requeues_its_job_and_claims_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    run = engine.start("model_workflow", source="test")

    def act(name: str, context: JobContext) -> None:
        stopping.set()

    try:
        with examples.acting(act):
            execution.handle_wakeup(str(run.pk))
        execution.handle_wakeup(str(run.pk))
        assert not Job.objects.claimed().exists()
        assert run.sub_jobs.get().status == Status.QUEUED
    finally:
        stopping.clear()
    execution.handle_wakeup(str(run.pk))
    run.refresh_from_db()
    assert run.status == Status.COMPLETED


def test_requeueing_costs_no_attempt() -> None:
    with examples.acting(once("model_plain", Stopping())):
        job = testing.run("model_plain")
    assert (job.status, job.attempt) == (Status.COMPLETED, 1)
    assert job.events.filter(kind="requeued").count() == 1


def test_a_job_that_kills_its_worker_again_and_again_stops_after_its_attempts() -> None:
    job = claimed("model_plain")
    for _ in range(job.max_attempts):
        expire(job)
        engine.recover()
        engine.claim_next(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.error_code) == (Status.FAILED, 3, "worker_lost")


def test_a_decision_that_kills_its_worker_again_and_again_stops_too() -> None:
    run = engine.start("model_workflow", {"max_attempts": 2}, source="test")
    for _ in range(2):
        assert engine.claim_next(run.pk) is not None
        expire(run)
        engine.recover()
    run.refresh_from_db()
    assert (run.status, run.error_code, (run.result or {})["status"]) == (Status.FAILED, "worker_lost", "failed")


def test_a_run_that_fails_while_it_decides_takes_what_a_retry_had_queued_with_it_and_does_it_when_retried() -> None:
    run = engine.start("model_workflow", {"max_attempts": 1, "batches": 0}, source="test")
    with examples.acting(once("model_plain", JobError("broken", "It is broken.", permanent=True))):
        advanced = engine.claim_next(run.pk)
        assert advanced is not None
        needed = execution.run_job(advanced, watch=False)
        assert needed is not None
        assert execution.run_job(needed, watch=False) == run, "it is about to decide what follows"
    engine.retry(needed.pk)
    expire(run)

    engine.recover()

    run.refresh_from_db()
    needed.refresh_from_db()
    assert (run.status, run.error_code, needed.status) == (Status.FAILED, "worker_lost", Status.CANCELLED)
    assert run.steps.get(key="needed").status == Status.CANCELLED
    engine.clean_up_orphaned()
    engine.retry(run.pk)
    testing.work()
    assert not Job.objects.of_run(run.pk).exclude(status=Status.COMPLETED).exists()


def test_a_job_whose_report_is_faulty_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(job: Job) -> Any:
        raise KeyError("a fault of ours")

    monkeypatch.setitem(get_task("model_after").__dict__, "report", fail)
    run = testing.run("model_workflow", batches=1)
    assert run.status == Status.COMPLETED_WITH_ERRORS
    assert run.sub_jobs.filter(status="completed_with_errors", errors=1).count() == 1
    cancelled = claimed("model_after")
    engine.cancel(cancelled.pk)
    assert Job.objects.get(pk=cancelled.pk).status == Status.CANCELLED


def fail_in(key: str) -> examples.Act:
    def act(name: str, context: JobContext) -> None:
        if name == key:
            raise JobError("broken", "It is broken.", permanent=True)

    return act


def test_retried_batches_are_no_more_at_once_than_allowed() -> None:
    with examples.acting(fail_in("model_batch")):
        run = testing.run("model_workflow", batches=4, max_parallel_batches=2)
    engine.retry(run.pk)
    advanced = engine.claim_next(run.pk)
    assert advanced is not None
    execution.run_job(advanced, watch=False)
    while engine.claim_next(run.pk) is not None:
        pass
    assert run.sub_jobs.filter(status=Status.RUNNING).count() == 2


def test_a_retry_while_the_run_writes_its_end_opens_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run = engine.start("model_workflow", {"batches": 1}, source="test")
    retried: list[Job] = []

    def retry_once(point: object, place: str = "") -> None:
        if place == "end" and not retried:
            retried.append(engine.retry(run.sub_jobs.get(type="model_batch").pk))

    monkeypatch.setattr("jobs.engine.advancing.crash_point", retry_once)
    with examples.acting(once("model_batch", JobError("broken", "It is broken.", permanent=True))):
        testing.work()
    run.refresh_from_db()
    assert retried
    assert (run.status, run.attempt) == (Status.COMPLETED, 1)
    assert not run.sub_jobs.exclude(status=Status.COMPLETED).exists()


def test_a_retried_job_cancelled_before_its_steps_turn_moves_nothing_on() -> None:
    run = engine.start("model_workflow", {"batches": 1}, source="test")
    with examples.acting(fail_in("model_batch")), examples.acting(fail_in("model_after")):
        while not run.sub_jobs.filter(type="model_locked", status=Status.RUNNING).exists():
            job = engine.claim_next(run.pk)
            while job is not None and job.type != "model_locked":
                job = execution.run_job(job, watch=False)
    batch = engine.retry(run.sub_jobs.get(type="model_batch").pk)
    assert engine.claim_next() is None, "its step's turn has not come"
    for sub_job in run.sub_jobs.filter(batch__number=1, step=batch.step, status=Status.QUEUED):
        engine.cancel(sub_job.pk)
    run.refresh_from_db()
    assert not run.advance_due
    assert run.steps.get(key="batches").status == Status.CANCELLED


def test_a_batch_is_not_retried_while_it_is_at_work() -> None:
    run = engine.start("model_workflow", {"batches": 1, "skip": ["needed"]}, source="test")
    with examples.acting(fail_in("model_batch")):
        job = engine.claim_next(run.pk)
        while job is not None and job.type != "model_after":
            job = execution.run_job(job, watch=False)
    with pytest.raises(NotPossible, match="still at work"):
        engine.retry(run.sub_jobs.get(type="model_batch").pk)


def test_a_worker_that_was_frozen_while_it_looked_for_its_claim_looks_again_before_it_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Meanwhile its lease ended and another took its job: the answer that it had is an old one."""
    job = claimed("model_plain")
    context = JobContext(job)
    acted: list[str] = []
    original = JobContext._hold

    def hold(self: JobContext, seconds: float) -> None:
        original(self, seconds)
        if not acted:
            acted.append("frozen")
            Job.objects.filter(pk=job.pk).update(claim_token=uuid.uuid4())
            self._claimed_until = 0.0

    monkeypatch.setattr(JobContext, "_hold", hold)
    with pytest.raises(ClaimLost):
        context.write(lambda: acted.append("written"), 1)
    assert acted == ["frozen"]
