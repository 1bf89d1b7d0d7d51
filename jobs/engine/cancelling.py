"""Cancelling: the status changes at once, in the request's transaction; the worker cleans up when it notices."""

from __future__ import annotations

import uuid

from django.db import transaction

from jobs import events, wakeup
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.declare.registry import get_task, get_workflow
from jobs.engine.cancel_sub_jobs import cancel_job, cancel_rest
from jobs.engine.claiming import due
from jobs.engine.finishing import move_on
from jobs.engine.reporting import name_failures, report_of, set_result
from jobs.engine.transitions import RELEASED, change, lock_run
from jobs.errors import NotPossible
from jobs.models import Event, Job, Status
from jobs.texts.translatable import Translatable as _
from jobs.texts.words import within_a_sentence


def cancel(job_id: uuid.UUID) -> Job:
    """Cancel a job, and with it all its sub-jobs. Raises NotPossible when it has ended, Job.DoesNotExist."""
    root_id = Job.objects.values_list("parent", flat=True).get(pk=job_id) or job_id
    with transaction.atomic():
        run = lock_run(root_id)
        job = run if run.pk == job_id else Job.objects.select_related("step").get(pk=job_id)
        if not job.is_active:
            raise NotPossible(
                _("{job} has ended already: {status}.", job=job.label, status=within_a_sentence(job.status))
            )
        cancel_job(job)
        if job is run:
            cancel_rest(run)
        else:
            move_on(run, job)
        wakeup.wake_after_commit(root_id)
    return job


def clean_up(job: Job) -> None:
    """Stop what a cancelled job left running elsewhere, and release its lock. Safe to call twice.

    ``job`` has the caller's claim: a caller that lost it must not stop what a later attempt started.
    """
    ours = Job.objects.filter(pk=job.pk, claim_token=job.claim_token, status=Status.CANCELLED)
    if not ours.exists():
        return
    if not get_workflow(job.type):
        get_task(job.type).on_cancel(job)
    crash_point(EngineCrashPoint.CLEANED_UP, job.type)
    with transaction.atomic():
        lock_run(job.root_id)
        fresh = ours.first()
        if fresh is None:
            return
        lock, report = fresh.held_lock, report_of(fresh)
        change(fresh, result=report.result, errors=report.errors, **RELEASED)
        events.record(fresh, "cleaned_up", level=Event.Level.INFO)
        name_failures(fresh, report.errors)
        if fresh.parent is not None and fresh.parent.result is not None:
            set_result(fresh.parent)
        for pk, parent in due().filter(lock=lock).values_list("pk", "parent")[: bool(lock)]:
            wakeup.wake_after_commit(parent or pk)
