"""Batches: each is open until none of its jobs is active any more, and then has the worst status of theirs."""

from __future__ import annotations

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from jobs.models import ACTIVE, Batch, Job, Status

WORST_FIRST = (Status.FAILED, Status.CANCELLED, Status.COMPLETED_WITH_ERRORS)


def batches_of(job: Job) -> QuerySet[Batch]:
    """A run's batches, or the one that the job itself works at."""
    return Batch.objects.filter(step__run=job.pk) if job.batch_id is None else Batch.objects.filter(pk=job.batch_id)


def begin_batch(job: Job) -> None:
    """One of its jobs was claimed: the first one begins it, and may have begun it before."""
    if job.batch_id is None:
        return
    to_begin = ~Q(status=Status.RUNNING)
    if not job.previous_id:
        to_begin |= Q(makes_room=True)
    Batch.objects.filter(to_begin, pk=job.batch_id).update(status=Status.RUNNING, makes_room=False)


def reopen_batch(job: Job) -> None:
    """A retry queued its job again: it waits for a free slot like any other."""
    if job.batch_id is not None:
        Batch.objects.filter(pk=job.batch_id).update(status=Status.QUEUED, makes_room=False)


def end_batch(job: Job) -> None:
    """End the one that the job works at if that has no active job left."""
    if job.batch_id is None:
        return
    statuses = {job.status}  # of the batch's only one, if it was started on its own
    if job.step_id is not None:
        statuses = set(Job.objects.filter(batch=job.batch_id).order_by().values_list("status", flat=True))
    if statuses.isdisjoint(ACTIVE):
        worst = next((status for status in WORST_FIRST if status in statuses), Status.COMPLETED)
        Batch.objects.filter(pk=job.batch_id, status__in=ACTIVE).update(status=worst)


def end_batches(batches: QuerySet[Batch]) -> None:
    """The same for many, with one statement."""
    jobs = Job.objects.filter(batch=OuterRef("pk"))
    worst = [When(Exists(jobs.filter(status=status)), then=Value(status)) for status in WORST_FIRST]
    ended = batches.filter(~Exists(jobs.filter(status__in=ACTIVE)), status__in=ACTIVE)
    ended.update(status=Case(*worst, default=Value(Status.COMPLETED)))
