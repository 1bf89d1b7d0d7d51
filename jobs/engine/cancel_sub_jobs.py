"""Marking jobs as cancelled: a single job, or what is left of a run that has ended."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from jobs import clock, events
from jobs.declare.registry import Report, get_workflow
from jobs.engine import process_id
from jobs.engine.reporting import report_of, set_result
from jobs.engine.transitions import batches_of, change, end_batches, end_step, transition
from jobs.errors import NotPossible
from jobs.models import Job, Status
from jobs.texts.translatable import Translatable as _


def cancel_job(job: Job) -> None:
    """Cancel this job alone. Raises NotPossible when its status has changed meanwhile."""
    # The claim and the lock stay: a write to a service may be in progress, and its outcome is still recorded.
    now, is_run = timezone.now(), get_workflow(job.type) is not None
    begun = job.started_at is not None or job.attempt > 1
    columns: dict[str, Any] = {"cancel_requested_at": now, "finished_at": job.ends_at(now)}
    if begun and job.claim_token is None and not is_run:
        columns |= _orphan_claim()
    if is_run or job.status == Status.QUEUED:
        columns["message"] = ""  # which job it waits for, or when it is retried: no longer true
    if not transition(job, Status.CANCELLED, "cancelled", **columns):
        raise NotPossible(_("{job} has just changed; reload the page.", job=job.label))
    if not is_run:
        report = report_of(job) if begun else Report()
        change(job, result=report.result, errors=report.errors)


def _orphan_claim() -> dict[str, Any]:
    """A claim for recovery to find: an earlier attempt may have left something running elsewhere."""
    return {"claim_token": uuid.uuid4(), "claimed_by": process_id.current(), "lease_until": clock.now()}


def cancel_rest(run: Job) -> None:
    """Cancel what is left of a run that has ended: a finished run has nothing active."""
    # A step that a retry reopened may not have started yet.
    at_work = Q(status=Status.RUNNING) | Q(pk__in=run.sub_jobs.active().values("step"))
    steps = list(run.steps.filter(at_work))
    for sub_job in run.sub_jobs.filter(status=Status.RUNNING):
        cancel_job(sub_job)
    cancel_queued(run)
    end_batches(batches_of(run))
    for step in steps:
        end_step(run, step, Status.CANCELLED)
    # A message that tells when a decision is retried.
    run.steps.filter(status=Status.PENDING).exclude(message="").update(message="")
    if get_workflow(run.type):
        set_result(run)


def cancel_queued(run: Job) -> None:
    """With two UPDATEs, since hundreds of batches may be queued, and all other writers wait for this transaction.

    What jobs did that had begun before is counted when recovery cleans them up.
    """
    queued, now = run.sub_jobs.filter(status=Status.QUEUED), timezone.now()
    jobs = list(queued.select_related("step"))
    for job in jobs:
        job.status = Status.CANCELLED
    at = Value(now, DateTimeField())
    finished_at = Greatest(Coalesce("started_at", at), at)  # as `Timed.ends_at` does
    ended: dict[str, Any] = {"status": Status.CANCELLED, "cancel_requested_at": now, "finished_at": finished_at}
    ended |= {"message": "", "updated_at": now, "version": F("version") + 1}
    # The first ones never began; the others were requeued, or wait for their next attempt.
    queued.filter(started_at=None, attempt=1).update(**ended, result=Report().result)
    queued.update(**ended, **_orphan_claim())
    events.record_each(jobs, "cancelled")
