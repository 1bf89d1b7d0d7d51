"""From start to end: steps, bars, skips, failures, retries and what the run says of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs import engine, testing
from jobs.errors import AlreadyRunning, BadRequest, JobError, NotPossible
from jobs.models import Event, Job, Status
from tests.jobs import examples

pytestmark = pytest.mark.django_db(transaction=True)


def statuses(run: Job) -> dict[str, str]:
    return dict(run.steps.values_list("key", "status"))


def failing(times: int, error: Exception) -> Callable[[], Exception | None]:
    left = iter([error] * times)
    return lambda: next(left, None)


def test_a_run_goes_through_all_steps_and_completes() -> None:
    run = testing.run("example_workflow", batches=3)
    assert run.status == Status.COMPLETED
    assert run.percent == 100
    assert statuses(run) == {"needed": "completed", "batches": "completed", "last": "completed"}
    assert run.result == {"status": "completed", "jobs": 8, "done": 8}
    assert run.claim_token is None


def test_a_skipped_step_says_why_and_moves_the_bar() -> None:
    run = engine.start("example_workflow", {"batches": 0, "skip": ["last"]}, source="test")
    testing.work()
    steps = dict(run.steps.values_list("key", "message"))
    assert steps["batches"] == "Skipped - Nothing there"
    assert steps["last"] == "Skipped - Left out"
    assert statuses(run)["last"] == Status.SKIPPED


def test_a_required_step_that_fails_ends_the_run() -> None:
    examples.behaviour["example"] = JobError("broken", "It is broken.", permanent=True)
    run = testing.run("example_workflow")
    assert run.status == Status.FAILED
    assert run.error == {"code": "broken", "message": "Needed failed: It is broken."}
    assert statuses(run) == {"needed": "failed", "batches": "pending", "last": "pending"}
    assert run.percent == 20


def test_another_step_that_fails_lets_the_run_go_on_to_completed_with_errors() -> None:
    examples.behaviour["batches"] = JobError("away", "Stash is away.", permanent=True)
    run = testing.run("example_workflow")
    assert run.status == Status.COMPLETED_WITH_ERRORS
    step = run.steps.get(key="batches")
    assert (step.status, step.error) == ("failed", {"code": "away", "message": "Stash is away."})
    assert statuses(run)["last"] == "completed"
    assert run.percent == 100


def test_a_batch_fails_alone() -> None:
    examples.behaviour["example_second"] = failing(1, JobError("broken", "It is broken.", permanent=True))
    run = testing.run("example_workflow", batches=3)
    assert run.status == Status.COMPLETED_WITH_ERRORS
    assert statuses(run)["batches"] == "completed_with_errors"
    assert run.sub_jobs.filter(type="example_second", status="completed").count() == 2


def test_an_item_that_failed_makes_job_and_run_completed_with_errors() -> None:
    job = testing.run("example", errors=3)
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 3)


def test_a_transient_error_is_tried_again_in_the_same_row() -> None:
    examples.behaviour["example"] = failing(1, examples.lose_worker())
    run = testing.run("example_workflow", retry_delay=0)
    job = run.sub_jobs.get(type="example")
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)
    assert run.status == Status.COMPLETED


def test_a_transient_error_that_stays_fails_after_the_last_attempt() -> None:
    examples.behaviour["example"] = examples.lose_worker()
    run = testing.run("example_workflow", retry_delay=0, max_attempts=2)
    job = run.sub_jobs.get(type="example")
    assert (job.status, job.attempt) == (Status.FAILED, 2)
    assert Event.objects.filter(job=job, kind="retried").count() == 1


def test_a_decision_that_fails_for_a_while_is_taken_again() -> None:
    examples.behaviour["batches"] = failing(1, examples.lose_worker())
    run = testing.run("example_workflow", retry_delay=0)
    assert run.status == Status.COMPLETED


def test_a_retry_waits_for_its_time() -> None:
    examples.behaviour["example"] = failing(1, examples.lose_worker())
    run = testing.run("example_workflow", retry_delay=10)
    job = run.sub_jobs.get()
    assert job.status == Status.QUEUED
    assert job.run_after is not None
    assert "Attempt 2 of 2" in job.message


def test_a_fault_in_our_code_is_a_failed_job_that_names_it() -> None:
    examples.behaviour["example"] = KeyError("nonsense")
    job = testing.run("example")
    assert job.status == Status.FAILED
    assert job.error_code == "internal_error"
    assert "KeyError" in job.error_message


def test_a_fault_in_a_decision_fails_that_step_alone() -> None:
    examples.behaviour["batches"] = KeyError("nonsense")
    run = testing.run("example_workflow")
    assert run.status == Status.COMPLETED_WITH_ERRORS
    assert statuses(run) == {"needed": "completed", "batches": "failed", "last": "completed"}
    assert "KeyError" in run.steps.get(key="batches").error_message


def test_cancelling_a_run_cancels_all_of_it_and_nothing_more_starts() -> None:
    run = engine.start("example_workflow", {}, source="test")
    advanced = engine.claim_next(run.pk)
    assert advanced is not None
    testing.run_job(advanced, watch=False)
    engine.cancel(run.pk)
    testing.work()
    run.refresh_from_db()
    assert run.status == Status.CANCELLED
    assert run.result is not None and run.result["status"] == "cancelled"
    assert not Job.objects.of_run(run.pk).exclude(status=Status.CANCELLED).exists()
    assert statuses(run)["needed"] == "cancelled"
    with pytest.raises(NotPossible):
        engine.cancel(run.pk)


def test_cancelling_the_sub_job_of_a_required_step_cancels_the_run() -> None:
    run = engine.start("example_workflow", {}, source="test")
    job = engine.claim_next(run.pk)
    assert job is not None
    sub_job = testing.run_job(job, watch=False)
    assert sub_job is not None
    engine.cancel(sub_job.pk)
    testing.work()
    engine.clean_up(sub_job)
    testing.work()
    run.refresh_from_db()
    assert run.status == Status.CANCELLED


def test_a_second_run_is_refused_with_the_id_of_the_first() -> None:
    first = engine.start("example_workflow", {}, source="test")
    with pytest.raises(AlreadyRunning) as refused:
        engine.start("example_workflow", {}, source="test")
    assert refused.value.active_id == first.pk


@pytest.mark.parametrize(
    ("type", "params"),
    [("nonsense", {}), ("example", {"colour": 1}), ("example", {"errors": -1}), ("example", {"errors": True})],
)
def test_what_is_not_known_is_refused(type: str, params: dict) -> None:
    with pytest.raises(BadRequest):
        engine.start(type, params, source="test")
    assert not Job.objects.exists()


def test_two_jobs_with_one_lock_never_run_at_once() -> None:
    first, second = (engine.start("example_locked", {}, source="test") for _ in range(2))
    assert engine.claim_next(first.pk) is not None
    assert engine.claim_next(second.pk) is None
    engine.recover()
    second.refresh_from_db()
    assert "Example locked" in second.message
