"""During a pause nothing new is begun; what runs goes on, or is queued again: a choice."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs import engine, testing
from jobs.errors import BadRequest, Stopping
from jobs.models import Event, Job, Pause, Status
from jobs.scheduling import pausing
from jobs.worker import heartbeat
from tests.jobs import examples

pytestmark = pytest.mark.django_db


def test_nothing_is_begun_and_each_job_says_why_until_somebody_resumes() -> None:
    job = engine.start("example", source="test")
    ada = User.objects.create_user("ada")
    pausing.pause(source="test", user=ada, reason="Films tonight")
    engine.recover()
    assert testing.work() == 0
    job.refresh_from_db()
    assert (job.status, job.message) == (Status.QUEUED, "Paused by ada: Films tonight")
    assert pausing.resume(user=ada)
    engine.recover()
    job.refresh_from_db()
    assert job.message == ""
    testing.work()
    job.refresh_from_db()
    assert job.status == Status.COMPLETED


def test_a_run_decides_nothing_more_and_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    run = engine.start("example_workflow", source="test")
    first = engine.claim_next()
    assert first is not None
    pausing.pause(source="test")
    testing.run_job(first, watch=False)
    assert testing.work() == 0
    assert set(run.sub_jobs.values_list("status", flat=True)) == {Status.QUEUED}
    pausing.resume()
    testing.work()
    run.refresh_from_db()
    assert run.status == Status.COMPLETED


def test_what_runs_goes_on_to_its_end() -> None:
    context = testing.context("example")
    pausing.pause(source="test")
    heartbeat.Heartbeat().poll(context)
    assert context.interrupt is None
    testing.run_job(context.job, watch=False)
    assert Job.objects.get().status == Status.COMPLETED


def test_or_it_is_queued_again_at_no_cost_of_an_attempt_if_that_was_chosen() -> None:
    context = testing.context("example")
    pausing.pause(source="test", requeue_running=True)
    heartbeat.Heartbeat().poll(context)
    with pytest.raises(Stopping):
        context.checkpoint()
    engine.requeue(context)
    job = Job.objects.get()
    assert (job.status, job.attempt) == (Status.QUEUED, 1)
    assert Event.objects.get(kind="requeued").message == "Paused"
    pausing.resume()
    testing.work()
    job.refresh_from_db()
    assert (job.status, job.attempt) == (Status.COMPLETED, 1)


def test_a_paused_job_can_be_cancelled() -> None:
    job = engine.start("example", source="test")
    pausing.pause(source="test")
    engine.cancel(job.pk)
    job.refresh_from_db()
    assert job.status == Status.CANCELLED


def test_it_is_one_however_often_it_is_asked_for_and_the_last_choice_counts() -> None:
    pausing.pause(source="page")
    pausing.pause(source="api", reason="Two", requeue_running=True)
    found = pausing.current()
    assert found is not None and (found.reason, found.requeue_running) == ("Two", True)
    assert pausing.resume() and not pausing.resume()
    pausing.pause(source="page")
    assert Pause.objects.count() == 2, "each is kept"


@pytest.mark.parametrize("reason", ["x" * 201, "two\nlines", "nul\0"])
def test_a_reason_is_a_line(reason: str) -> None:
    with pytest.raises(BadRequest, match="at most 200 characters"):
        pausing.pause(source="test", reason=reason)
    assert pausing.current() is None


def test_a_supervisor_finds_nothing_due_and_so_blames_no_worker() -> None:
    engine.start("example", source="test")
    pausing.pause(source="test")
    assert not engine.due().exists()


def test_the_message_of_a_job_that_waits_for_its_next_attempt_stays(settings: Any) -> None:
    examples.behaviour["example"] = examples.lose_worker
    settings.JOBS_RETRY_DELAY = 600
    job = testing.run("example")
    pausing.pause(source="test")
    engine.recover()
    job.refresh_from_db()
    assert job.message.startswith("The service is away.")
