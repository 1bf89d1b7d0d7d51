"""Attempts that did not end: retried after a delay, or requeued."""

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
from jobs.engine.holding import reason_for
from jobs.engine.starting import configured_attempts
from jobs.engine.transitions import RELEASED, change, transition
from jobs.errors import JobError
from jobs.models import Event, Job, Status, Step
from jobs.texts.translatable import Translatable as _

JITTER = 0.2


def fail_or_retry(context: JobContext, error: JobError) -> Job | None:
    """After an error: retry the job later if it is transient and attempts are left, else fail it."""
    context.begin()
    if not error.permanent and get_workflow(context.job.type):
        return fail_or_decide_later(context, error)
    if error.permanent or context.job.attempt >= context.job.max_attempts:
        return finish(context, error)
    with transaction.atomic():
        run, job = locked(context)
        retry_later(job, error, delay(run.retry_delay, attempts_made(run, job)))
        wake_others(run, taken=None, lock=job.lock)
    return None


def fail_or_decide_later(context: JobContext, error: JobError) -> Job | None:
    """A run could not write its decision: only that is retried, so its attempt and its percentage stay as they are."""
    with transaction.atomic():
        run, _job = locked(context)
        step = run.steps.filter(status=Status.PENDING).first()
        if step is None:  # only the end of the run has to be written
            decide_later(run, Step(name="The end", attempts=1), error)
            return None
        step.attempts += 1
        if step.attempts < configured_attempts(run):
            step.save(update_fields=["attempts"])
            decide_later(run, step, error)
            return None
    return finish(context, error)


def decide_later(run: Job, step: Step, error: JobError) -> None:
    """The decision about a step has failed ``step.attempts`` times: retry it after a delay."""
    seconds = delay(run.retry_delay, step.attempts)
    message = _(
        "{step}: {reason} Retried in {seconds:.0f} s.", step=_(step.name), reason=error.message, seconds=seconds
    )
    run.steps.filter(pk=step.pk).update(message=message)
    events.record(run, "step_retried", message, Event.Level.WARNING, step=step.key)
    again = timezone.now() + timedelta(seconds=seconds)
    change(run, advance_due=True, run_after=again, message=message, **RELEASED)


def attempts_made(run: Job, job: Job) -> int:
    """Attempts of the job since a person last started or retried it."""
    return configured_attempts(run) - (job.max_attempts - job.attempt)


def delay(first: float, attempt: int) -> float:
    """Seconds before the next attempt: doubling, with jitter so that many jobs don't retry at once."""
    longest = LONGEST_DELAY.total_seconds() / (1 + JITTER)
    return min(longest, first * float(2 ** (attempt - 1))) * random.uniform(1 - JITTER, 1 + JITTER)


def retry_later(job: Job, error: JobError, seconds: float) -> bool:
    """Running → queued with the next attempt; the reason stays visible until the job is claimed."""
    message = _(
        "{reason} Attempt {attempt} of {most} in {seconds:.0f} s.",
        reason=error.message,
        attempt=job.attempt + 1,
        most=job.max_attempts,
        seconds=seconds,
    )
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
    """The worker is stopping, or the job is held: queue it again without using up an attempt."""
    context.begin()
    with transaction.atomic():
        _run, job = locked(context)
        # No wake-up: the other workers of this cluster are stopping too. The next recovery sends one.
        requeue_job(job)


def requeue_job(job: Job) -> None:
    """Make a claimed job due again, as if it had not been claimed."""
    if get_workflow(job.type):
        change(job, advance_due=True, **RELEASED)
    else:
        # Its worker's heartbeat may have recorded that it stalled.
        no_error = {"error_code": "", "error_message": ""}
        why = reason_for(job.type) or _("The worker stopped")
        transition(job, Status.QUEUED, "requeued", why, **no_error, **RELEASED)
