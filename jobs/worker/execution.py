"""What a worker does: receive a wake-up, and run one due job after the other until there is none."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TypeVar

from django.db import connections

from jobs import engine
from jobs.conf import conf
from jobs.context import JobContext
from jobs.declare.pinning import pinning
from jobs.declare.registry import get_task, get_workflow, params_of
from jobs.engine.error_boundary import AWAY, catch_errors
from jobs.errors import Cancelled, ClaimLost, JobError, Stopping
from jobs.log_ids import at_work
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.waiting import Waiter
from jobs.worker import readiness
from jobs.worker.heartbeat import stopping, watching
from jobs.worker.prefetched import Prefetched, sizes

T = TypeVar("T")
logger = logging.getLogger(conf.logger)

STAY = 0.05  # seconds for which a worker looks for more once nothing is due
POLL_INTERVAL = 0.02  # seconds between two looks
WRITE_RETRY_INTERVAL = 1.0  # seconds between two attempts to write how a job ended


def handle_wakeup(root_id: str) -> None:
    """Handle a wake-up: work as long as the run, or any other, has something due."""
    work(uuid.UUID(root_id))


def work(root_id: uuid.UUID | None = None) -> int:
    """Run what is due, a job of the run first, until nothing is; returns how many jobs, or prefetched ones, it was.

    Who has worked stays a moment: a wake-up for each job that is started meanwhile would cost more than most jobs.
    """
    count, until, waiter = 0, 0.0, Waiter(stopping)
    try:
        while not stopping.is_set():
            if done := run_due(root_id):
                count += done
                until = time.monotonic() + STAY
            elif time.monotonic() >= until:
                break
            else:
                waiter.pause(POLL_INTERVAL)
            root_id = None  # then whatever is the oldest: a long run must not keep others waiting
    finally:
        readiness.send(readiness.WorkerState.WAITING)
    return count


def run_due(root_id: uuid.UUID | None) -> int:
    """Run what is due, and what this worker claims with the end of each; returns how many jobs it was."""
    count, job = 0, claim(root_id)
    while job is not None:
        job = run_together(job, sizes.most[job.type])
        count += 1
    return count


def claim(root_id: uuid.UUID | None) -> Job | None:
    """Claim what is due, and report to the supervisor whether that was anything."""
    readiness.send(readiness.WorkerState.LOOKING)
    job = engine.claim_next(root_id)
    if job is not None:
        readiness.send(readiness.WorkerState.WORKING)
    return job


def run_together(first: Job, most: int, *, watch: bool = True) -> Job | None:
    """Run a claimed job, and up to ``most`` that are like it; returns the next one if this worker claimed it."""
    if most <= 0:
        return run_job(first, watch=watch)
    prefetched = Prefetched(first)
    successor = None
    with prefetched.settings, watching(prefetched.first_context) if watch else nullcontext():
        prefetched.open(*prefetch(first, most))
        for context in prefetched.contexts():
            successor = run_attempt(context, prefetched)
        successor = _write_with_retry(Waiter(), prefetched.close) or successor
    if prefetched.cancelled:
        with watching(JobContext(successor)) if watch and successor is not None else nullcontext():
            for job in prefetched.cancelled:
                clean_up(job)
    if prefetched.more_come and successor is None:
        Waiter(stopping).pause(POLL_INTERVAL)
    return successor


def prefetch(first: Job, most: int) -> tuple[list[Job], bool]:
    """Those that can be run together with the first one, as `engine.prefetch`; none while the database is away."""
    token = first.claim_token
    try:
        return engine.prefetch(first, most)
    except AWAY as error:
        logger.warning("Nothing could be prefetched: %s", error)
        connections.close_all()
    _write_with_retry(Waiter(), partial(engine.release_prefetched, token))  # only the answer may have been lost
    return [], False


def run_job(job: Job, *, watch: bool = True) -> Job | None:
    """Run one claimed job to the end of its attempt; returns the next one if this worker claimed it."""
    context = JobContext(job)
    with watching(context) if watch else nullcontext():
        return run_attempt(context)


def run_attempt(context: JobContext, prefetched: Prefetched | None = None) -> Job | None:
    """Run one job, alone or as one of those."""
    job = context.job
    with at_work(job):
        try:
            return attempt(context, prefetched)
        except Cancelled:
            clean_up(job)
        except Stopping:
            requeue(context)
        except ClaimLost:
            logger.warning("Lost the claim run=%s job=%s; nothing more is written", job.root_id, job.id)
    return None


def attempt(context: JobContext, prefetched: Prefetched | None) -> Job | None:
    """Do the work, then write how it ended."""
    begun = time.monotonic()
    try:
        outcome = catch_errors(partial(act, context, prefetched), context.job)
    except AWAY as error:
        connections.close_all()
        outcome = database_away(error)
    if isinstance(outcome, JobError):
        if prefetched is not None:
            prefetched.settings.close()
        return _write_with_retry(context, partial(engine.fail_or_retry, context, outcome))
    if get_workflow(context.job.type):
        return outcome
    sizes.learn(context, time.monotonic() - begun)
    if prefetched is not None:
        if prefetched.end(context):
            return None
        prefetched.settings.close()
    return _write_with_retry(context, partial(engine.finish, context))


def act(context: JobContext, prefetched: Prefetched | None) -> Job | None:
    """Advance a run, or do a task, with the settings that its run was started with."""
    job = context.job
    run = job if job.parent is None else job.parent
    if prefetched is not None:
        prefetched.keep_settings(run.pinned)
    with pinning().applied(run.pinned) if prefetched is None else nullcontext():
        if get_workflow(job.type):
            return engine.advance(context)
        params_of(job.type).check_stored(context.params)
        get_task(job.type).function(context)
        return None


def _write_with_retry(waiter: Waiter, write: Callable[[], T]) -> T:
    """``write()``, repeated while the database is away; after the duration of a lease it is left to recovery."""
    until = time.monotonic() + conf.lease
    while True:
        try:
            return write()
        except AWAY as error:
            connections.close_all()
            if time.monotonic() > until:
                raise
            logger.warning("What ended could not be written, again soon: %s", error)
        waiter.pause(WRITE_RETRY_INTERVAL)


def database_away(error: Exception) -> JobError:
    """A transient error, since databases are restarted and come back."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    hint = _("Is it running, has its disk room, and does nobody hold it locked?")
    return JobError("database", _("The database could not be used: {reason}. {hint}", reason=reason, hint=hint))


def requeue(context: JobContext) -> None:
    """The worker is asked to stop, and the job may have been cancelled or lost as well."""
    try:
        engine.requeue(context)
    except Cancelled:
        clean_up(context.job)
    except ClaimLost:
        logger.warning("Lost the claim run=%s job=%s", context.job.root_id, context.id)


def clean_up(job: Job) -> None:
    """Clean up a cancelled job. When that fails, its claim stays, and recovery tries again."""
    try:
        catch_errors(partial(engine.clean_up, job), job)
    except AWAY as error:
        logger.warning("Could not be cleaned up run=%s job=%s: %s", job.root_id, job.id, error)
        connections.close_all()
