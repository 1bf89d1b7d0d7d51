"""Batches: each is open until none of its jobs is active any more, and then has the worst status of theirs."""

from __future__ import annotations

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When

from jobs.models import ACTIVE, Batch, Job, Status

WORST_FIRST = (Status.FAILED, Status.CANCELLED, Status.COMPLETED_WITH_ERRORS)


def batches_of(job: Job) -> QuerySet[Batch]:
    """A run's batches, or the one that the job itself works at."""
    return Batch.objects.filter(step__run=job.pk) if job.batch_id is None else Batch.objects.filter(pk=job.batch_id)


def begin_batch(job: Job) -> None:
    """One of its jobs was claimed: the first one begins it, and may have begun it before."""
    if job.batch is None or (job.batch.status == Status.RUNNING and not (job.batch.makes_room and not job.previous_id)):
        return
    job.batch.status, job.batch.makes_room = Status.RUNNING, False
    job.batch.save(update_fields=["status", "makes_room"])


def reopen_batch(job: Job) -> None:
    """A retry queued its job again: it waits for a free slot like any other."""
    if job.batch_id is not None:
        Batch.objects.filter(pk=job.batch_id).update(status=Status.QUEUED, makes_room=False)


def end_batches(batches: QuerySet[Batch]) -> None:
    """End those of them that have no active job left."""
    jobs = Job.objects.filter(batch=OuterRef("pk"))
    worst = [When(Exists(jobs.filter(status=status)), then=Value(status)) for status in WORST_FIRST]
    ended = batches.filter(~Exists(jobs.filter(status__in=ACTIVE)), status__in=ACTIVE)
    ended.update(status=Case(*worst, default=Value(Status.COMPLETED)))
