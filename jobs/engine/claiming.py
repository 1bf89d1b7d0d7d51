"""Claiming: queued → running by one worker, with a new claim token."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs import clock
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.engine import process_id
from jobs.engine.holding import explain_held, is_held
from jobs.engine.transitions import begin_batch, change, lock_run, transition
from jobs.models import ACTIVE, Batch, Job, Status, Step
from jobs.models.compiled import Compiled, Given
from jobs.texts.translatable import Translatable as _
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
    # Which locks are held is only asked for a job that has one.
    is_locked = ~Q(lock="") & Q(lock__in=Job.objects.exclude(held_lock="").values("held_lock"))
    return _in_queue(_waits_for_others(), is_held(), is_locked)


@cache
def _due_but_for_locks() -> QuerySet[Job]:
    return _in_queue(_waits_for_others())


def _in_queue(*reasons: Q) -> QuerySet[Job]:
    """The queue in its order, without those that must wait for one of the reasons."""
    # A CASE, since databases take a list of conditions for a reason to read the queue in some other order, all of it.
    may_begin = Case(*(When(reason, then=0) for reason in reasons), default=1)
    queue = Job.objects.filter(place_in_queue__isnull=False).order_by("place_in_queue", "id")
    return queue.alias(may_begin=may_begin).filter(may_begin__gt=0)


def _waits_for_others() -> Q:
    """For its step, for the job that it follows, or for a batch of its step to end.

    A batch that has begun goes on; another one may begin while fewer than the step's ``parallel`` have, or when all of
    those make room. Which ones those are is asked once for all jobs, of which thousands may wait.
    """
    begun = Batch.objects.filter(step=OuterRef("pk"), status=Status.RUNNING).order_by()
    count = begun.values("step").annotate(count=Count("pk")).values("count")
    room = Q(parallel__gt=Coalesce(Subquery(count), 0)) | ~Exists(begun.filter(makes_room=False))
    running = Step.objects.filter(status=Status.RUNNING).order_by()
    with_room = running.filter(room).values("pk")
    at_work = Batch.objects.filter(step__in=running.values("pk"), status=Status.RUNNING).order_by().values("pk")
    waits_for_step = Q(step__isnull=False) & ~Q(step__in=with_room) & ~Q(batch__in=at_work)
    # A retried sub-job waits until the one that it follows has ended.
    previous = Job.objects.filter(pk=OuterRef("previous"), status__in=ACTIVE)
    return waits_for_step | (Q(previous__isnull=False) & Q(Exists(previous)))


def claim_next(root_id: uuid.UUID | None = None) -> Job | None:
    """Claim the next due job of the run, else of any other; None when nothing is due."""
    candidates = first_due()
    if root_id is not None:
        own = [job for job in candidates if job.root_id == root_id]
        if not own and len(candidates) == CANDIDATES:
            own = _candidates(due().filter(Q(pk=root_id) | Q(parent=root_id))[:CANDIDATES])
        candidates = [*own, *(job for job in candidates if job.root_id != root_id)]
    for candidate in candidates:
        with transaction.atomic():
            job = _claim(candidate.pk, lock_run(candidate.root_id), due)
        if job is not None:
            crash_point(EngineCrashPoint.CLAIMED, job.type)
            return job
    return None


def claim_successor(run: Job) -> Job | None:
    """Claim the next job in the transaction that ends one of this run, whose row is locked.

    None also when another worker is at the run that it belongs to, or when this worker is asked to stop.
    """
    if stopping.is_set() or not (candidates := first_due()):
        return None
    first = candidates[0]
    if run.pk in (first.pk, first.parent_id):
        return _claim(first.pk, run, Job.objects.all)  # nothing of the run changes while its row is locked
    other = _free(pk=first.root_id)
    return _claim(first.pk, other[0], due) if other else None


def _unlocked() -> QuerySet[Job]:
    # Whoever holds a run's row may be about to take a job of ours: to wait for each other would be a deadlock.
    skips = connection.features.has_select_for_update_skip_locked  # SQLite locks no rows
    return Job.objects.select_for_update(no_key=True, skip_locked=skips).filter(pk=Given("pk", UUIDField()))


_free = Compiled(_unlocked)


class Candidate(NamedTuple):
    """What is read of a job that is due."""

    pk: uuid.UUID
    parent_id: uuid.UUID | None
    step_id: int | None
    type: str
    run_after: datetime | None
    place_in_queue: datetime

    @property
    def root_id(self) -> uuid.UUID:
        return self.parent_id or self.pk


def first_due(count: int = CANDIDATES) -> list[Candidate]:
    """The first of `due`; fewer than ``count``: all of them."""
    found = list(map(Candidate._make, _first_of_queue(count)()))
    if len(found) < count or all(map(_is_its_time, found)):
        return list(filter(_is_its_time, found))
    # Some of those were postponed, and there are more.
    return _candidates(due()[:count])


def _candidates(jobs: QuerySet[Job]) -> list[Candidate]:
    return list(map(Candidate._make, jobs.values_list(*Candidate._fields)))


@cache
def _first_of_queue(count: int) -> Compiled[tuple[Any, ...]]:
    return Compiled(lambda: due_at_some_time().values_list(*Candidate._fields)[:count])


def _claim(pk: uuid.UUID, run: Job, among: Callable[[], QuerySet[Job]]) -> Job | None:
    """Claim this job of the run, whose row is locked, if it is still one of those."""
    job = run if pk == run.pk else among().select_related("step").filter(pk=pk).first()
    if job is None or not _is_unclaimed(job):
        return None
    if job is not run:
        job.parent = run  # with what it keeps of the settings
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
        # A savepoint where a job of another run may have taken the lock a moment ago.
        with transaction.atomic() if job.lock else nullcontext():
            if job.status == Status.RUNNING:
                return job if change(job, **claim) else None
            if not transition(job, Status.RUNNING, "claimed", **claim):
                return None
            begin_batch(job)
            return job
    except IntegrityError:
        return None


def _is_unclaimed(job: Job) -> bool:
    """Whether nobody took it, or postponed it, since it was found to be due."""
    waits = job.status == Status.QUEUED or (job.status == Status.RUNNING and job.advance_due)
    return waits and job.claim_token is None and _is_its_time(job)


def _is_its_time(job: Job | Candidate) -> bool:
    now = timezone.now()
    return job.run_after is None or not now < job.run_after <= now + LONGEST_DELAY


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
