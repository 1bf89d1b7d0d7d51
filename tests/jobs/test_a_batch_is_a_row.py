"""What one sub-job and its follow-ups work at is a row, with its number in the step and its status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django_q.models import OrmQ

from jobs import engine, testing
from jobs.context import JobContext
from jobs.errors import JobError
from jobs.models import Batch, Job, Status
from tests.jobs import engine_examples  # noqa: F401 - registers them

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def started(batches: int, parallel: int = 1) -> Job:
    """A run whose second step has begun with that many batches."""
    params = {"batches": batches, "max_parallel_batches": parallel, "skip": ["needed"]}
    run = engine.start("model_workflow", params, source="test")
    claimed = engine.claim_next(run.pk)
    assert claimed is not None
    engine.advance(JobContext(claimed))
    return run


def batches_of(run: Job) -> list[tuple[int, str]]:
    return list(Batch.objects.filter(step__run=run).order_by("number").values_list("number", "status"))


def test_the_batches_of_a_step_are_numbered_and_the_first_is_running() -> None:
    run = started(3)
    assert batches_of(run) == [(1, "running"), (2, "queued"), (3, "queued")]


def test_no_more_batches_begin_than_may_run_at_once() -> None:
    run = started(5, parallel=2)
    assert engine.claim_next(run.pk) is not None and engine.claim_next(run.pk) is None
    assert [status for _, status in batches_of(run)] == ["running"] * 2 + ["queued"] * 3


def test_a_batch_is_at_work_until_its_follow_up_has_ended() -> None:
    run = started(2)
    first = run.sub_jobs.get(batch__number=1)
    follow_up = engine.finish(JobContext(first))
    assert follow_up is not None and follow_up.previous == first and follow_up.batch == first.batch
    assert batches_of(run) == [(1, "running"), (2, "queued")]
    engine.finish(JobContext(follow_up))
    assert batches_of(run) == [(1, "completed"), (2, "running")]


def test_a_batch_that_makes_room_lets_another_one_begin_beside_it() -> None:
    run = started(3)
    OrmQ.objects.all().delete()
    assert engine.claim_next(run.pk) is None
    JobContext(run.sub_jobs.get(batch__number=1)).make_room()
    assert OrmQ.objects.count() == 1, "somebody is woken for it"
    second = engine.claim_next(run.pk)
    assert second is not None and second.batch is not None and second.batch.number == 2
    assert engine.claim_next(run.pk) is None
    assert batches_of(run) == [(1, "running"), (2, "running"), (3, "queued")]


def test_more_batches_than_may_run_at_once_begin_only_when_all_of_these_make_room() -> None:
    run = started(5, parallel=2)
    assert engine.claim_next(run.pk) is not None
    first, second = run.sub_jobs.filter(batch__number__in=[1, 2]).order_by("batch__number")
    JobContext(first).make_room()
    assert engine.claim_next(run.pk) is None, "the second one has work for all"
    JobContext(second).make_room()
    third = engine.claim_next(run.pk)
    assert third is not None and third.batch is not None and third.batch.number == 3
    assert engine.claim_next(run.pk) is None, "the third one has work for all now"


def test_what_follows_in_a_batch_comes_before_later_batches() -> None:
    run = started(3)
    first = run.sub_jobs.get(batch__number=1)
    JobContext(first).make_room()
    follow_up = engine.finish(JobContext(first))
    assert follow_up is not None and follow_up.previous == first
    second = engine.claim_next(run.pk)
    assert second is not None and second.batch is not None and second.batch.number == 2
    assert Batch.objects.get(step__run=run, number=1).makes_room


def test_a_retried_batch_makes_no_room_until_it_says_so_again() -> None:
    run = started(3)
    first = run.sub_jobs.get(batch__number=1)
    JobContext(first).make_room()
    follow_up = engine.finish(JobContext(first), JobError("bad", "Bad luck.", permanent=True))
    assert follow_up is not None
    engine.finish(JobContext(follow_up))
    engine.retry(first.pk)
    assert not Batch.objects.get(step__run=run, number=1).makes_room


def test_so_does_one_whose_job_is_tried_again_by_itself() -> None:
    run = started(3)
    first = run.sub_jobs.get(batch__number=1)
    JobContext(first).make_room()
    engine.requeue(JobContext(first))
    again = engine.claim_next(run.pk)
    assert again is not None and again.pk == first.pk
    assert not Batch.objects.get(step__run=run, number=1).makes_room
    assert engine.claim_next(run.pk) is None


def test_a_batch_has_the_worst_status_of_its_jobs() -> None:
    run = started(1)
    follow_up = engine.finish(JobContext(run.sub_jobs.get()))
    assert follow_up is not None
    engine.finish(JobContext(follow_up), JobError("bad", "Bad luck.", permanent=True))
    assert batches_of(run) == [(1, "failed")]
    assert run.steps.get(key="batches").status == Status.COMPLETED_WITH_ERRORS


def test_the_batches_of_a_cancelled_run_are_cancelled() -> None:
    run = started(3)
    engine.cancel(run.pk)
    assert batches_of(run) == [(1, "cancelled"), (2, "cancelled"), (3, "cancelled")]


def test_a_retried_batch_waits_for_a_free_slot_like_any_other() -> None:
    run = started(3)
    engine.cancel(run.sub_jobs.get(batch__number=2).pk)
    assert batches_of(run) == [(1, "running"), (2, "cancelled"), (3, "queued")]
    engine.retry(run.sub_jobs.get(batch__number=2).pk)
    assert batches_of(run) == [(1, "running"), (2, "queued"), (3, "queued")]


def test_a_job_that_was_started_on_its_own_has_a_batch_of_its_own_and_a_run_has_none() -> None:
    assert started(1).batch is None
    job = engine.start("model_plain", source="test")
    assert job.batch is not None and (job.batch.step, job.batch.status) == (None, "queued")
    claimed = engine.claim_next(job.pk)
    assert claimed is not None
    assert Batch.objects.get(jobs=job).status == "running"
    engine.finish(JobContext(claimed), JobError("bad", "Bad luck.", permanent=True))
    assert Batch.objects.get(jobs=job).status == "failed"
    engine.retry(job.pk)
    assert Batch.objects.get(jobs=job).status == "queued"
    engine.cancel(job.pk)
    assert Batch.objects.get(jobs=job).status == "cancelled"


def test_batches_are_pruned_with_their_jobs() -> None:
    testing.run("model_plain")
    testing.run("model_workflow")
    Job.objects.update(created_at=LONG_AGO, finished_at=LONG_AGO)
    call_command("prune")
    assert not Job.objects.exists() and not Batch.objects.exists()
