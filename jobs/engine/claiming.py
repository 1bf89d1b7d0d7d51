"""Claiming: queued → running by one worker, with a new claim token."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs import clock
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.engine import process_id
from jobs.engine.batches import begin_batch
from jobs.engine.holding import explain_held, is_held
from jobs.engine.transitions import change, lock_run, transition
from jobs.models import ACTIVE, Batch, Job, Status
from jobs.translatable import Translatable as _
from jobs.worker.heartbeat import stopping

LONGEST_DELAY = timedelta(hours=1)  # between two attempts
MAX_EXPLAINED = 50
CANDIDATES = 8  # jobs tried per call; another worker may be faster with each


def due() -> QuerySet[Job]:
    """What a worker may claim now, oldest first: queued jobs, and runs that have to decide their next step."""
    return due_at_some_time().filter(_its_time())


def _its_time() -> Q:
    now = timezone.now()
    # Further ahead than any delay: the clock has been set back since.
    return Q(run_after=None) | Q(run_after__lte=now) | Q(run_after__gt=now + LONGEST_DELAY)


# Both are built once: that took a quarter of an empty job's time, most of it while others wait for the database.


@cache
def due_at_some_time() -> QuerySet[Job]:
    """Those that may be begun, and whose lock is free, be it their time or not."""
    return (
        _due_but_for_locks().exclude(is_held()).exclude(lock__in=Job.objects.exclude(held_lock="").values("held_lock"))
    )


@cache
def _due_but_for_locks() -> QuerySet[Job]:
    # A batch that has begun goes on; another one may begin while fewer than the step's ``parallel`` have, or when all
    # of those make room. So that what follows in these is not left for last, it is as old as what it follows.
    begun = Batch.objects.filter(step=OuterRef("step"), status=Status.RUNNING).order_by()
    count = begun.values("step").annotate(count=Count("pk")).values("count")
    room = Q(step__parallel__gt=Coalesce(Subquery(count), 0)) | ~Exists(begun.filter(makes_room=False))
    waiting = Q(status=Status.QUEUED)
    deciding = Q(status=Status.RUNNING, advance_due=True, claim_token=None)
    return (
        Job.objects.filter(waiting | deciding)
        # A retried sub-job waits until its step runs, and until the job that it follows has ended.
        .filter(Q(step=None) | Q(step__status=Status.RUNNING))
        .exclude(previous__status__in=ACTIVE)
        .filter(Q(step=None) | Q(batch__status=Status.RUNNING) | room)
        .order_by(Coalesce("previous__created_at", "created_at"), "batch__number", "id")
    )


def claim_next(root_id: uuid.UUID | None = None) -> Job | None:
    """Claim the next due job of the run, else of any other; None when nothing is due."""
    if root_id is not None:
        own = _claim_first(due().filter(Q(pk=root_id) | Q(parent=root_id)))
        if own is not None:
            return own
    return _claim_first(due())


def claim_successor(run_id: uuid.UUID) -> Job | None:
    """Claim the run's next job in the transaction that ends the one before, unless an older job of another run waits.

    None also when this worker is asked to stop.
    """
    if stopping.is_set():
        return None
    first = due().values_list("pk", "parent").first()
    if first is None or run_id not in first:
        return None
    return _claim(first[0])


def _claim_first(candidates: QuerySet[Job]) -> Job | None:
    for pk, parent in list(candidates.values_list("pk", "parent")[:CANDIDATES]):
        with transaction.atomic():
            lock_run(parent or pk)
            job = _claim(pk)
        if job is not None:
            crash_point(EngineCrashPoint.CLAIMED, job.type)
            return job
    return None


def _claim(pk: uuid.UUID) -> Job | None:
    """Claim this job if it is still due; the run's row is locked."""
    job = due().select_related("batch").filter(pk=pk).first()
    if job is None:
        return None
    claim: dict[str, Any] = {
        "claim_token": uuid.uuid4(),
        "claimed_by": process_id.current(),
        "lease_until": clock.now() + clock.lease(),
        "held_lock": job.lock,
        "started_at": job.started_at or timezone.now(),
        "advance_due": False,
        "run_after": None,
    }
    if job.status == Status.QUEUED or job.run_after is not None:
        claim["message"] = ""  # which job it waited for, or when it was to be retried
    if job.run_after is not None:
        job.steps.filter(status=Status.PENDING).exclude(message="").update(message="")
    try:
        with transaction.atomic():
            if job.status == Status.RUNNING:
                return job if change(job, **claim) else None
            if not transition(job, Status.RUNNING, "claimed", **claim):
                return None
            begin_batch(job)
            return job
    except IntegrityError:  # a job of another run took the lock a moment ago
        return None


def explain_waiting() -> None:
    """In jobs that wait only for a lock, name the job that holds it; in the first MAX_EXPLAINED of each lock.

    In those that are held, say why.
    """
    explain_held(_due_but_for_locks().filter(_its_time()))
    for holder in Job.objects.claimed().exclude(held_lock=""):
        message = _("Waiting for {job} to end", job=holder.label)
        waiting = _due_but_for_locks().filter(_its_time(), lock=holder.held_lock).exclude(is_held())
        for job in waiting[:MAX_EXPLAINED]:
            if job.message != message:
                change(job, message=message)
