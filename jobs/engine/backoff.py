"""What did not end: tried again after a while, or given back."""

from __future__ import annotations

import random
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from jobs import events
from jobs.context import JobContext
from jobs.declare.registry import get_workflow
from jobs.engine.claiming import LONGEST_DELAY
from jobs.engine.finishing import finish, locked, wake_others
from jobs.engine.starting import configured_attempts
from jobs.engine.transitions import RELEASED, change, transition
from jobs.errors import JobError
from jobs.models import Event, Job, Status, Step

JITTER = 0.2


def fail_or_retry(context: JobContext, error: JobError) -> Job | None:
    """After an error: the same job again later if that may help and attempts are left, else failed."""
    if not error.permanent and get_workflow(context.job.type):
        return _fail_or_decide_later(context, error)
    if error.permanent or context.job.attempt >= context.job.max_attempts:
        return finish(context, error)
    with transaction.atomic():
        run, job = locked(context)
        retry_later(job, error, delay(run.retry_delay, attempts_made(run, job)))
        wake_others(run, taken=False, lock=job.lock)
    return None


def _fail_or_decide_later(context: JobContext, error: JobError) -> Job | None:
    """A run could not write its decision: only that is tried again, so its attempt and its bar stay as they are."""
    with transaction.atomic():
        run, _ = locked(context)
        step = run.steps.filter(status=Status.PENDING).first()
        if step is None:  # only its end is left to be written
            decide_later(run, Step(name="The end", attempts=1), error)
            return None
        step.attempts += 1
        if step.attempts < configured_attempts(run):
            step.save(update_fields=["attempts"])
            decide_later(run, step, error)
            return None
    return finish(context, error)


def decide_later(run: Job, step: Step, error: JobError) -> None:
    """The run's decision about its step failed, ``step.attempts`` times by now: again after a while."""
    seconds = delay(run.retry_delay, step.attempts)
    message = f"{step.name}: {error.message} Tried again in {seconds:.0f} s."
    run.steps.filter(pk=step.pk).update(message=message)
    events.record(run, "step_retried", message, Event.Level.WARNING, step=step.key)
    again = timezone.now() + timedelta(seconds=seconds)
    change(run, advance_due=True, run_after=again, message=message, **RELEASED)


def attempts_made(run: Job, job: Job) -> int:
    """Attempts of the job since a person last started or retried it."""
    return configured_attempts(run) - (job.max_attempts - job.attempt)


def delay(first: float, attempt: int) -> float:
    """Seconds before the next attempt: doubling, with jitter so that many don't come back at once."""
    longest = LONGEST_DELAY.total_seconds() / (1 + JITTER)
    return min(longest, first * 2 ** (attempt - 1)) * random.uniform(1 - JITTER, 1 + JITTER)


def retry_later(job: Job, error: JobError, seconds: float) -> bool:
    """Running → queued with the next attempt; the reason stays visible until somebody claims it."""
    message = f"{error.message} Attempt {job.attempt + 1} of {job.max_attempts} in {seconds:.0f} s."
    return transition(
        job,
        Status.QUEUED,
        "retried",
        message,
        Event.Level.WARNING,
        attempt=job.attempt + 1,
        run_after=timezone.now() + timedelta(seconds=seconds),
        message=message,
        error_code="",
        error_message="",
        percent=0,
        done=0,
        **RELEASED,
    )


def requeue(context: JobContext) -> None:
    """The worker is stopping: somebody else goes on with the job, at no cost of an attempt."""
    with transaction.atomic():
        _, job = locked(context)
        # No bell: the workers beside this one are leaving too. Whoever recovers next rings.
        requeue_job(job)


def requeue_job(job: Job) -> None:
    """A claimed job is due again as if it had not been claimed."""
    if get_workflow(job.type):
        change(job, advance_due=True, **RELEASED)
    else:
        # It may have been said to hang, by its worker's heartbeat.
        no_error = {"error_code": "", "error_message": ""}
        transition(job, Status.QUEUED, "requeued", "The worker stopped", **no_error, **RELEASED)
