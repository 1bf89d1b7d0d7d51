"""Retry by hand: the same rows, a new attempt, and nothing that succeeded is done again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import engine, testing
from jobs.context import JobContext
from jobs.declare.workflows import Skip
from jobs.errors import AlreadyRunning, JobError, NotPossible
from jobs.models import Event, Job, Status
from tests.jobs import engine_examples as model
from tests.jobs import examples
from tests.jobs.test_a_run_moves_through_its_steps import failing, statuses

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN = JobError("broken", "It is broken.", permanent=True)


def runs_of(job: Job) -> int:
    return Event.objects.filter(job=job, kind="claimed").count()


def failing_in(key: str, error: JobError) -> model.Act:
    def act(name: str, context: JobContext) -> None:
        if name == key:
            raise error

    return act


def retried(job: Job) -> Job:
    engine.retry(job.pk)
    testing.work()
    job.refresh_from_db()
    return job


def test_only_the_failed_batch_of_a_run_is_done_again() -> None:
    examples.behaviour["example_second"] = failing(1, BROKEN)
    run = testing.run("example_workflow", batches=3)
    failed = run.sub_jobs.get(status=Status.FAILED)

    assert retried(run).status == Status.COMPLETED
    assert run.attempt == 2
    assert run.percent == 100
    failed.refresh_from_db()
    assert (failed.status, failed.attempt, failed.error) == (Status.COMPLETED, 2, None)
    assert {job.pk: runs_of(job) for job in run.sub_jobs.all()} == {
        job.pk: 2 if job == failed else 1 for job in run.sub_jobs.all()
    }


def test_one_batch_can_be_retried_alone() -> None:
    examples.behaviour["example_first"] = failing(2, BROKEN)
    run = testing.run("example_workflow", batches=3, max_parallel_batches=1)
    first, second = run.sub_jobs.filter(status=Status.FAILED).order_by("batch__number")

    retried(first)

    second.refresh_from_db()
    assert (first.status, second.status) == (Status.COMPLETED, Status.FAILED)
    assert run.sub_jobs.filter(batch=first.batch, type="example_second", status=Status.COMPLETED).exists()
    run.refresh_from_db()
    assert run.status == Status.COMPLETED_WITH_ERRORS


def test_a_run_that_a_required_step_ended_goes_on_to_its_end() -> None:
    examples.behaviour["example"] = failing(1, BROKEN)
    run = testing.run("example_workflow")
    assert run.status == Status.FAILED
    assert retried(run).status == Status.COMPLETED
    assert set(statuses(run).values()) == {"completed"}
    assert run.error is None


def test_no_step_is_retried_without_an_earlier_one_that_the_run_needs() -> None:
    run = testing.run("example_workflow", batches=1)
    run.steps.filter(key="needed").update(status=Status.FAILED)
    run.steps.filter(key="batches").update(status=Status.FAILED)
    batch = run.sub_jobs.filter(step__key="batches").first()
    assert batch is not None
    Job.objects.filter(pk__in=[run.pk, batch.pk]).update(status=Status.FAILED)
    for job, step in ((run, "batches"), (batch, "")):
        with pytest.raises(NotPossible, match="without the step Needed"):
            engine.retry(job.pk, step)
        assert not Job.objects.active().exists()
    engine.retry(run.pk, "needed")


def test_a_decision_that_failed_is_taken_again() -> None:
    examples.behaviour["batches"] = failing(1, BROKEN)
    run = testing.run("example_workflow", batches=2)
    assert statuses(run)["batches"] == "failed"
    assert retried(run).status == Status.COMPLETED
    assert run.sub_jobs.filter(step__key="batches").count() == 4


def test_a_cancelled_run_goes_on_where_it_was() -> None:
    run = engine.start("example_workflow", {}, source="test")
    engine.cancel(run.pk)
    assert retried(run).status == Status.COMPLETED


def test_what_succeeded_or_still_runs_is_not_retried() -> None:
    done = testing.run("example")
    active = engine.start("example", {}, source="test")
    for job in (done, active):
        with pytest.raises(NotPossible):
            engine.retry(job.pk)


def test_no_run_is_retried_beside_another_one() -> None:
    examples.behaviour["example"] = failing(1, BROKEN)
    failed = testing.run("example_workflow")
    active = engine.start("example_workflow", {}, source="test")
    with pytest.raises(AlreadyRunning) as refused:
        engine.retry(failed.pk)
    assert refused.value.active_id == active.pk
    failed.refresh_from_db()
    assert failed.status == Status.FAILED
    assert statuses(failed)["needed"] == "failed"


def test_a_retried_job_has_all_its_attempts_again() -> None:
    examples.behaviour["example"] = examples.lose_worker()
    job = testing.run("example_workflow", retry_delay=0, max_attempts=2).sub_jobs.get()
    assert job.attempt == 2
    assert retried(job).attempt == 4


def test_a_step_that_found_nothing_to_do_since_an_earlier_one_failed_looks_again() -> None:
    examples.behaviour["example_first"] = failing(1, BROKEN)
    examples.behaviour["last"] = failing(1, Skip("Nothing there", at=100))
    run = testing.run("example_workflow", batches=2)
    assert statuses(run)["last"] == "skipped"
    engine.retry(run.pk)
    testing.work()
    assert statuses(run) == {"needed": "completed", "batches": "completed", "last": "completed"}


def test_what_has_no_steps_is_not_retried_by_a_step() -> None:
    examples.behaviour["example_first"] = failing(1, BROKEN)
    run = testing.run("example_workflow", batches=2)
    failed = run.sub_jobs.get(status=Status.FAILED)
    with pytest.raises(NotPossible, match="has no steps"):
        engine.retry(failed.pk, "batches")
    run.refresh_from_db()
    assert not run.is_active


def test_one_step_can_be_retried_alone() -> None:
    examples.behaviour["example_first"] = failing(1, BROKEN)
    examples.behaviour["example_locked"] = failing(1, BROKEN)
    run = testing.run("example_workflow", batches=2)
    assert statuses(run) == {"needed": "completed", "batches": "completed_with_errors", "last": "failed"}
    engine.retry(run.pk, "last")
    testing.work()
    run.refresh_from_db()
    assert statuses(run) == {"needed": "completed", "batches": "completed_with_errors", "last": "completed"}
    assert run.status == Status.COMPLETED_WITH_ERRORS
    with pytest.raises(NotPossible):
        engine.retry(run.pk, "needed")


def test_retries_by_hand_give_sub_jobs_and_decisions_no_more_attempts_than_asked_for() -> None:
    with model.acting(failing_in("model_plain", BROKEN)):
        run = testing.run("model_workflow", batches=1, max_attempts=1)
        for _ in range(3):
            retried(run)
    calls = []

    def away(name: str, context: JobContext) -> None:
        if name in ("model_batch", "last"):
            calls.append(name)
            raise JobError("away", "The service is away.")

    with model.acting(away):
        retried(run)
    assert sorted(calls) == ["last", "model_batch"]


def test_a_retry_by_hand_begins_with_the_short_delay_again() -> None:
    examples.behaviour["example"] = failing(6, BROKEN)
    job = testing.run("example")
    Job.objects.update(retry_delay=10)
    for _ in range(5):
        retried(job)
    examples.behaviour["example"] = failing(1, JobError("away", "The service is away."))
    retried(job)
    assert job.status == Status.QUEUED
    assert job.run_after is not None
    assert job.run_after < timezone.now() + timedelta(seconds=60)


def test_a_batch_retried_while_a_later_step_decides_is_done_before_that_step() -> None:
    run = engine.start("model_workflow", {"batches": 1}, source="test")
    order: list[str] = []

    def act(name: str, context: JobContext) -> None:
        order.append(name)
        if order.count("last") == 1 and name == "last":
            engine.retry(run.sub_jobs.get(type="model_batch").pk)
        if order.count("model_batch") == 1 and name == "model_batch":
            raise BROKEN

    with model.acting(act):
        testing.work()
    assert order.index("model_locked") > len(order) - 1 - order[::-1].index("model_batch")
    run.refresh_from_db()
    assert run.status == Status.COMPLETED


def test_a_retry_days_later_counts_its_duration_again() -> None:
    with model.acting(failing_in("model_batch", BROKEN)):
        run = testing.run("model_workflow", batches=1)
    long_ago = timezone.now() - timedelta(days=3)
    Job.objects.update(started_at=long_ago, finished_at=long_ago)
    run.steps.update(started_at=long_ago, finished_at=long_ago)
    retried(run)
    of_steps = [step.duration_seconds for step in run.steps.all()]
    assert all(duration is not None and duration < 3600 for duration in [run.duration_seconds, *of_steps])


def test_a_step_whose_decision_failed_can_be_retried_while_its_run_goes_on() -> None:
    run = engine.start("model_workflow", {"batches": 1}, source="test")
    retries: list[Job] = []

    def act(name: str, context: JobContext) -> None:
        if name == "batches" and not retries:
            raise BROKEN
        if name == "model_locked" and not retries:
            retries.append(engine.retry(run.pk, "batches"))

    with model.acting(act):
        testing.work()
    run.refresh_from_db()
    assert (run.status, run.attempt) == (Status.COMPLETED, 1)
    assert run.sub_jobs.filter(type="model_after", status=Status.COMPLETED).count() == 1
    with pytest.raises(NotPossible):
        engine.retry(run.pk, "batches")


@pytest.mark.parametrize("step", ["\x00", "nonsense", "last"])
def test_a_step_that_did_not_fail_or_does_not_exist_is_not_retried(step: str) -> None:
    with model.acting(failing_in("model_batch", BROKEN)):
        run = testing.run("model_workflow", batches=1)
    with pytest.raises(NotPossible, match="no step"):
        engine.retry(run.pk, step)
