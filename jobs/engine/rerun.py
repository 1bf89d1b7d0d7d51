"""Retries that a person asks for: the same rows with a new attempt, and only what did not succeed."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction

from jobs import events, wakeup
from jobs.declare.pinning import pinning
from jobs.declare.registry import get_workflow
from jobs.engine.advancing import required_ended
from jobs.engine.starting import configured_attempts
from jobs.engine.transitions import lock_run, reopen_batch, transition
from jobs.errors import AlreadyRunning, NotPossible
from jobs.models import FINISHED, UNSUCCESSFUL, Job, Status, Step
from jobs.texts.translatable import Translatable as _
from jobs.texts.words import within_a_sentence

RESET: dict[str, Any] = {
    "result": None,
    "errors": 0,
    "error_code": "",
    "error_message": "",
    "message": "",
    "done": 0,
    # The duration is the attempt's. A batch waits for a free slot like any other; failed items are tried again.
    "started_at": None,
    "finished_at": None,
    "cancel_requested_at": None,
}
REOPENED = ["status", "attempts", "started_at", "finished_at", "message", "error_code", "error_message"]


def retry(job_id: uuid.UUID, step: str = "") -> Job:
    """Retry what failed of a job: of a run all that did not succeed, or one step; of a sub-job its batch alone.

    Raises NotPossible when there is nothing to retry, AlreadyRunning when another run is active.
    """
    root_id = Job.objects.values_list("parent", flat=True).get(pk=job_id) or job_id
    with transaction.atomic():
        run = lock_run(root_id)
        job = run if run.pk == job_id else Job.objects.select_related("step").get(pk=job_id)
        check(job, run, step)
        if get_workflow(run.type):
            retry_in_run(run, job, step)
        else:
            _requeue(run, run)
        wakeup.wake_after_commit(root_id)
    job.refresh_from_db()
    return job


def check(job: Job, run: Job, step: str) -> None:
    """Raise NotPossible unless there is something to retry, and nobody is at work on it."""
    if step and not get_workflow(job.type):
        raise NotPossible(_("{job} has no steps; leave the step out.", job=job.label))
    if job.status not in UNSUCCESSFUL and not (step and job.is_active):
        status = within_a_sentence(job.status)
        raise NotPossible(_("{job} is {status}: there is nothing to do again.", job=job.label, status=status))
    if job is not run and run.sub_jobs.active().filter(batch=job.batch_id).exists():
        raise NotPossible(_("The batch of {job} is still at work; try again when it has ended.", job=job.label))
    if Job.objects.of_run(run.pk).filter(status=Status.CANCELLED).claimed().exists():
        text = _("A worker is still ending what was cancelled of {run}; try again in a moment.", run=run.label)
        raise NotPossible(text)


def retry_in_run(run: Job, job: Job, step: str) -> None:
    """Queue what failed of the run, or of one of its steps or batches, and reopen the steps."""
    wanted = run.sub_jobs.filter(status__in=UNSUCCESSFUL)
    steps = run.steps.filter(status__in=UNSUCCESSFUL)
    if step:
        if step not in steps.values_list("key", flat=True):
            raise NotPossible(_("{run} has no step “{step}” that failed.", run=run.label, step=step[:50]))
        wanted, steps = wanted.filter(step__key=step), steps.filter(key=step)
    if job is not run:
        wanted = wanted.filter(batch=job.batch_id)
        steps = steps.filter(jobs=job)
    missing = required_ended(run)
    if missing is not None and missing not in steps:
        raise NotPossible(
            _(
                "{run} can't go on without the step {step}: retry that one, or the whole run.",
                run=run.label,
                step=_(missing.name),
            )
        )
    for sub_job in wanted.order_by("created_at"):
        _requeue(sub_job, run)
    reopened = list(steps)
    if reopened:
        # Later steps that were skipped, perhaps since these had failed, decide again.
        first = min(step.index for step in reopened)
        reopened += run.steps.filter(status=Status.SKIPPED, index__gt=first)
    reopen(run, reopened)


def reopen(run: Job, steps: list[Step]) -> None:
    """Reopen the steps in their order; `advance` finds their queued sub-jobs instead of deciding again."""
    for step in steps:
        step.status, step.attempts, step.started_at, step.finished_at = Status.PENDING, 0, None, None
        step.message = step.error_code = step.error_message = ""
        step.save(update_fields=REOPENED)
        events.record(run, "step_retried", _(step.name), step=step.key)
    if run.status not in FINISHED:
        return
    run.steps.update(attempts=0)
    try:
        with transaction.atomic():
            _requeue(run, run, percent=min([run.percent, *(step.shown_from for step in steps)]))
    except IntegrityError:
        active = Job.objects.active().filter(single_flight=run.single_flight).values_list("pk", flat=True).first()
        raise AlreadyRunning(active) from None


def _requeue(job: Job, run: Job, percent: int = 0) -> None:
    last = job.attempt + configured_attempts(run)
    ignores = run.ignores_quiet_hours and run.is_active  # said of this time, not of all to come
    columns = RESET | {
        "ignores_quiet_hours": ignores,
        "percent": percent,
        "attempt": job.attempt + 1,
        "max_attempts": last,
    }
    if job.pk == run.pk:
        columns["pinned"] = pinning().pinned()  # what the person has corrected since counts
    if not transition(job, Status.QUEUED, "retried_by_hand", **columns, run_after=None):
        raise NotPossible(_("{job} has just changed; reload the page.", job=job.label))
    reopen_batch(job)
