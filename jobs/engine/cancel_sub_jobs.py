"""Writing that jobs are cancelled: one job, or all that is left of a run that has ended."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from jobs import clock, events
from jobs.declare.registry import Report, get_workflow
from jobs.engine import process_id
from jobs.engine.reporting import report_of, set_result
from jobs.engine.transitions import change, end_step, transition
from jobs.errors import NotPossible
from jobs.models import Job, Status


def cancel_job(job: Job) -> None:
    """Cancel this job alone. Raises NotPossible when somebody else was faster."""
    # The claim and the lock stay: a write to a service may be under way, and its outcome is still recorded.
    now, is_run = timezone.now(), get_workflow(job.type) is not None
    begun = job.started_at is not None or job.attempt > 1
    columns: dict[str, Any] = {"cancel_requested_at": now, "finished_at": now}
    if begun and job.claim_token is None and not is_run:
        columns |= _orphan_claim()
    if is_run or job.status == Status.QUEUED:
        columns["message"] = ""  # for whom it waits, or when it is tried again: not any more
    if not transition(job, Status.CANCELLED, "cancelled", **columns):
        raise NotPossible(f"{job} changed in this moment; look again.")
    if not is_run:
        report = report_of(job) if begun else Report()
        change(job, result=report.result, errors=report.errors)


def _orphan_claim() -> dict[str, Any]:
    """An earlier attempt may have left something running elsewhere: recovery ends it, as after a dead worker."""
    return {"claim_token": uuid.uuid4(), "claimed_by": process_id.current(), "lease_until": clock.now()}


def cancel_rest(run: Job) -> None:
    """What is left of a run that has ended: a finished run has nothing active."""
    # A step that a retry opened again may not have had its turn yet.
    at_work = Q(status=Status.RUNNING) | Q(pk__in=run.sub_jobs.active().values("step"))
    steps = list(run.steps.filter(at_work))
    for sub_job in run.sub_jobs.filter(status=Status.RUNNING):
        cancel_job(sub_job)
    _cancel_queued(run)
    for step in steps:
        end_step(run, step, Status.CANCELLED)
    # When a decision is tried again.
    run.steps.filter(status=Status.PENDING).exclude(message="").update(message="")
    if get_workflow(run.type):
        set_result(run)


def _cancel_queued(run: Job) -> None:
    """All at once, since hundreds of batches may wait, and everybody else for the end of this transaction.

    What those did that had begun before is counted when recovery lets go of them.
    """
    queued, now = run.sub_jobs.filter(status=Status.QUEUED), timezone.now()
    jobs = list(queued.select_related("step"))
    for job in jobs:
        job.status = Status.CANCELLED
    ended: dict[str, Any] = {"status": Status.CANCELLED, "cancel_requested_at": now, "finished_at": now, "message": ""}
    ended |= {"updated_at": now, "version": F("version") + 1}
    # The first ones never began; the others were given back, or wait to be tried again.
    queued.filter(started_at=None, attempt=1).update(**ended, result=Report().result)
    queued.update(**ended, **_orphan_claim())
    events.record_each(jobs, "cancelled")
