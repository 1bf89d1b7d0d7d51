"""Prefetching: a worker claims several small jobs with one transaction, and writes how they ended with another.

They stay queued in between, with the claim of the first one, which runs and has the place that its step allows. A job
of which more than that is to be written goes on alone: the others are recorded, or released.
"""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from jobs import clock, events, wakeup
from jobs.conf import conf
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.declare.registry import Report, get_workflow
from jobs.engine import process_id
from jobs.engine.claiming import claim_successor, first_due
from jobs.engine.error_boundary import catch_errors
from jobs.engine.finishing import columns_of_end, move_run_on, tell_of_end, wake_others
from jobs.engine.prefetching import rows
from jobs.engine.transitions import RELEASED, begin_batch, change_each, end_batches_as, lock_run, transition
from jobs.errors import JobError
from jobs.models import ACTIVE, Job, Status, Step

LATEST = datetime(9999, 1, 1, tzinfo=UTC)
UNCLAIMED = {"claim_token": None, "claimed_by": "", "lease_until": None}

logger = logging.getLogger(conf.logger)


class Ended(NamedTuple):
    """A prefetched job that ended well, and when it began and ended."""

    job: Job
    report: Report
    began_at: datetime
    ended_at: datetime


def can_be_prefetched(job: Job) -> bool:
    """Whether nothing is to be seen to at its begin or its end but the job itself.

    Only in its first attempt: if one of them kills its worker, each has another one, alone.
    """
    alone = job.lock or job.follow_up_type or job.previous_id or get_workflow(job.type)
    return not alone and job.run_after is None and job.attempt == 1 < job.max_attempts


def prefetch(first: Job, most: int) -> tuple[list[Job], bool]:
    """Claim up to ``most`` jobs that are next in the queue and like the first one, which this worker has claimed.

    Also whether they are all that is due, jobs that were started one by one.
    """
    if most <= 0 or not can_be_prefetched(first):
        return [], False
    with transaction.atomic():
        # Before they are looked for: another worker would take most of them meanwhile.
        if first.parent_id is not None:
            lock_run(first.root_id)
        ids, are_all = _next_like(first, most)
        found = _claim_with(first, ids) if ids else []
    if not found:
        return [], False
    crash_point(EngineCrashPoint.CLAIMED, first.type)
    return found, are_all and len(found) == len(ids)


def _claim_with(first: Job, ids: list[uuid.UUID]) -> list[Job]:
    """Those that nobody has taken, up to the first one that is not to be prefetched."""
    claim = {"claimed_by": process_id.current(), "lease_until": clock.now() + clock.lease()}
    found: list[Job] = []
    for job in rows.unclaimed(ids=ids):
        if job.started_at is not None or not can_be_prefetched(job) or job.pinned != first.pinned:
            break
        job.parent, job.step = first.parent, first.step  # with what they keep of the settings
        job.claim_token = first.claim_token
        found.append(job)
    if found:
        rows.claim(ids=[job.pk for job in found], token=first.claim_token, **claim)
    return found


def _next_like(first: Job, most: int) -> tuple[list[uuid.UUID], bool]:
    """The ids of those that are next in the queue and of the same step, or of none, before what is due of others.

    Also whether nothing else is due, of those that have no step.
    """
    like = {"type": first.type, "parent_id": first.parent_id, "step_id": first.step_id}
    following = first_due(most)
    own = list(takewhile(lambda job: all(getattr(job, name) == value for name, value in like.items()), following))
    if first.parent_id is None or len(own) == most:
        return [job.pk for job in own], len(own) == len(following) < most
    # Whether the step has room for another batch does not matter: these take the place of the first one.
    before = following[len(own)].place_in_queue if len(own) < len(following) else LATEST
    return rows.queued_of_step(**like, before=before)[:most], False


def may_begin(token: uuid.UUID | None, first: Job, following: Job) -> bool:
    """Whether nobody cancelled or took either of these prefetched jobs, and nothing holds them."""
    return bool(rows.unhindered(first=first.pk, following=following.pk, token=token))


def release_prefetched(token: uuid.UUID | None) -> None:
    """Release all that `prefetch` claimed, when it is not known whether it did."""
    rest = list(Job.objects.filter(claim_token=token, status=Status.QUEUED).select_related("step"))
    if rest:
        record(token, [], None, rest)


def record(token: uuid.UUID | None, ended: list[Ended], current: Job | None, rest: list[Job]) -> list[Job]:
    """Write how the first ones of some prefetched jobs ended, have the current one run, and release the rest.

    What has another claim than ``token`` by now, or is written already, is left as it is: it may be repeated, whatever
    became of it the first time. Returns the cancelled ones of them, which the caller has to clean up.
    """
    with transaction.atomic():
        cancelled, _run = _record(token, ended, current, rest)
    return cancelled


def record_each(token: uuid.UUID | None, ended: list[Ended], current: Job | None, rest: list[Job]) -> list[Job]:
    """The same with a transaction for each that ended: what can't be written of one concerns no other.

    Its claim stays, and recovery tries the job again, alone.
    """
    cancelled = []
    writes = [(end.job, partial(record, token, [end], None, [])) for end in ended]
    if (following := current or next(iter(rest), None)) is not None:
        writes.append((following, partial(record, token, [], current, rest)))
    for job, write in writes:
        found = catch_errors(write, job)
        cancelled += [] if isinstance(found, JobError) else found
    return cancelled


def record_and_claim(
    token: uuid.UUID | None, ended: list[Ended], rest: list[Job], *, claims: bool = True
) -> tuple[list[Job], Job | None]:
    """The same as `record` at the end of them, and claim what follows. Returns that, too, if it was anything.

    It claims nothing when some are to be cleaned up, which may take a while.
    """
    job = ended[-1].job
    crash_point(EngineCrashPoint.BEFORE_FINISH, job.type)
    with transaction.atomic():
        cancelled, run = _record(token, ended, None, rest)
        successor = claim_successor(run or job) if claims and not cancelled else None
        if run is not None:
            wake_others(run, taken=successor, lock="")
    crash_point(EngineCrashPoint.AFTER_FINISH, job.type)
    return cancelled, successor


def _record(
    token: uuid.UUID | None, ended: list[Ended], current: Job | None, rest: list[Job]
) -> tuple[list[Job], Job | None]:
    """Within a transaction. Returns the cancelled ones, and the run if they are of one."""
    every = [*(end.job for end in ended), *([current] if current else []), *rest]
    step = every[0].step
    run = None if step is None else lock_run(every[0].root_id)
    # Of those that this worker still has; their rows are locked, in one order.
    statuses = dict(rows.claimed(ids=[job.pk for job in every], token=token))
    for job in every:  # as they were before an attempt at this that was rolled back
        job.status, job.claim_token = statuses.get(job.pk, job.status), token
    done = [end for end in ended if statuses.get(end.job.pk) in ACTIVE]
    _warn_of_lost_claims([end.job for end in ended if end.job.pk not in statuses])
    if done:
        _end(done, statuses)
    if current is not None and statuses.get(current.pk) == Status.QUEUED:
        # The first one, which ran, had a place for it; when that one was cancelled meanwhile, others may have it.
        if step is None or any(statuses[end.job.pk] == Status.RUNNING for end in done) or _has_room(step):
            begin(current)
            begin_batch(current)
        else:
            rest = [current, *rest]  # nothing is written of it yet
    back = [job.pk for job in rest if statuses.get(job.pk) == Status.QUEUED]
    if back:
        Job.objects.filter(pk__in=back).update(**UNCLAIMED)
        # The place of those that ended has the current one, or what is claimed next.
        others = (conf.workers if step is None else step.parallel) - 1
        wakeup.wake_after_commit(every[0].root_id, count=min(len(back), others))
    if done and run is not None and step is not None:
        step.refresh_from_db()
        move_run_on(run, step)
    elif done:
        tell_of_end([end.job for end in done])
    return [job for job in every if statuses.get(job.pk) == Status.CANCELLED], run


def _has_room(step: Step) -> bool:
    """Whether another batch of it may begin, as in `jobs.engine.claiming`."""
    make_room = list(step.batches.filter(status=Status.RUNNING).values_list("makes_room", flat=True))
    return len(make_room) < step.parallel or all(make_room)


def _warn_of_lost_claims(jobs: list[Job]) -> None:
    """Of those that ended but are no longer this worker's, unless their end was written before."""
    rows = Job.objects.filter(pk__in=[job.pk for job in jobs], status=Status.COMPLETED)
    written = set(rows.values_list("pk", flat=True)) if jobs else set()
    for job in jobs:
        if job.pk not in written:
            logger.warning("Lost the claim run=%s job=%s; nothing more is written", job.root_id, job.id)


def _end(done: list[Ended], statuses: dict[uuid.UUID, str]) -> None:
    """queued → running → completed, with one statement for all rows, and one for all events."""
    columns, happened = [], list[tuple[Job, str, dict[str, Any]]]()
    for job, report, began_at, ended_at in done:
        if statuses[job.pk] == Status.QUEUED:
            job.started_at, job.message = began_at, ""
            happened.append((job, "claimed", {"at": began_at, "status": Status.RUNNING}))
        given, event = columns_of_end(job, Status.COMPLETED, report)
        given |= {"status": Status.COMPLETED, "message": event["message"], "finished_at": job.ends_at(ended_at)}
        columns.append(given | RELEASED | {"started_at": job.started_at})
        happened.append((job, str(Status.COMPLETED), event | {"at": given["finished_at"], "status": Status.COMPLETED}))
    change_each([end.job for end in done], columns)
    events.record_all(happened)
    # Nobody else ever worked at these: a first attempt is the only one, and nothing follows it or went before.
    end_batches_as(ids=[end.job.batch_id for end in done], status=Status.COMPLETED)


def begin(job: Job) -> None:
    """Let the row of a prefetched job say that it runs: its worker is at it, or may have been when it died."""
    transition(job, Status.RUNNING, "claimed", started_at=job.started_at or timezone.now(), message="")
