"""A waiting job names the job that it waits for, and that message is removed when it no longer waits."""

from __future__ import annotations

import pytest

from jobs import engine, testing
from jobs.context import JobContext
from jobs.errors import JobError
from jobs.models import Job, Status
from jobs.web.schemas import JobState
from jobs.worker import execution
from tests.jobs import engine_examples as examples
from tests.jobs.test_engine_faults import claimed, once

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = JobError("away", "The service is away.")


def message_of(job: Job) -> str:
    job.refresh_from_db()
    return job.message


def test_a_sub_job_that_waits_for_a_lock_names_the_holder_whoever_sends_the_wakeup() -> None:
    holder = claimed("model_locked")
    run = engine.start("model_workflow", {"skip": ["needed", "batches"]}, source="test")
    execution.handle_wakeup(str(run.pk))
    engine.recover()
    assert message_of(run.sub_jobs.get()) == f"Waiting for {holder} to end"
    run.refresh_from_db()
    assert JobState.read(run).message == f"Waiting for {holder} to end"


def test_what_has_got_the_lock_says_no_more_that_it_waits() -> None:
    holder, waits = claimed("model_locked"), engine.start("model_locked", source="test")
    engine.recover()
    assert message_of(waits)
    seen: dict[object, str] = {}
    with examples.acting(lambda name, context: seen.update({context.id: Job.objects.get(pk=context.id).message})):
        following = testing.run_job(holder, watch=False)
        assert following and following.pk == waits.pk
        testing.run_job(following, watch=False)
    assert seen[waits.pk] == ""


def test_the_reason_of_a_retry_is_not_hidden_by_a_lock() -> None:
    waits = engine.start("model_locked", source="test")
    Job.objects.filter(pk=waits.pk).update(retry_delay=30)
    with examples.acting(once("model_locked", AWAY)):
        testing.work()
    claimed("model_locked")
    engine.recover()
    assert message_of(waits).startswith("The service is away. Attempt 2 of 3 in")


def test_a_job_whose_steps_turn_has_not_come_waits_for_nobody() -> None:
    run = engine.start("model_workflow", {"batches": 0, "skip": ["needed"]}, source="test")
    with examples.acting(once("model_locked", JobError("broken", "It is broken.", permanent=True))):
        testing.work()
    claimed("model_locked")
    engine.retry(run.pk)
    engine.recover()
    assert message_of(run.sub_jobs.get()) == ""


def messages(run: Job) -> set[str]:
    run.refresh_from_db()
    return {run.message, *run.steps.values_list("message", flat=True)}


def test_a_run_cancelled_while_a_decision_is_to_be_tried_again_does_not_say_that_it_will_be() -> None:
    run = engine.start("model_workflow", {"retry_delay": 30}, source="test")
    with examples.acting(once("needed", AWAY)):
        testing.work()
    assert any("Retried in" in message for message in messages(run))
    engine.cancel(run.pk)
    assert messages(run) == {""}


def test_a_step_whose_decision_failed_for_good_does_not_say_that_it_is_tried_again() -> None:
    def away(name: str, context: JobContext) -> None:
        if name == "batches":
            raise AWAY

    with examples.acting(away):
        run = testing.run("model_workflow")
    assert run.steps.get(key="batches").status == Status.FAILED
    assert not any("Retried in" in message for message in messages(run))


def test_a_step_skipped_at_the_second_look_says_why_and_nothing_of_the_first() -> None:
    with examples.acting(once("batches", AWAY)):
        run = testing.run("model_workflow", batches=0)
    assert run.steps.get(key="batches").message == "Skipped - Nothing there"
    assert not any("Retried in" in message for message in messages(run))


def test_a_cancelled_batch_does_not_say_when_it_is_tried_again() -> None:
    run = engine.start("model_workflow", {"retry_delay": 30, "batches": 1, "skip": ["needed"]}, source="test")
    with examples.acting(once("model_batch", AWAY)):
        testing.work()
    engine.cancel(run.pk)
    assert run.sub_jobs.get().message == ""
