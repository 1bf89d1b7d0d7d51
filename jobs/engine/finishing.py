"""Ending a job, and continuing its run."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Count, Max, Q, UUIDField
from django.utils import timezone

from jobs import events, wakeup
from jobs.context import MAX_MESSAGE, JobContext
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.declare.registry import JobSpec, Report, get_task, get_workflow
from jobs.engine.cancel_sub_jobs import cancel_rest
from jobs.engine.claiming import claim_successor, due
from jobs.engine.error_boundary import catch_errors
from jobs.engine.reporting import name_failures, report_of
from jobs.engine.starting import start_sub_job
from jobs.engine.transitions import RELEASED, change, end_batch, end_step, lock_run, transition
from jobs.errors import Cancelled, ClaimLost, JobError
from jobs.models import ACTIVE, UNSUCCESSFUL, Batch, Event, Job, Status, Step
from jobs.models.compiled import Compiled, Given
from jobs.signals import runs_ended
from jobs.texts.translatable import shortened


def finish(context: JobContext, error: JobError | None = None) -> Job | None:
    """End the claimed job and move its run on. Returns the run's next job if this worker claimed it.

    Raises ClaimLost or Cancelled when the job is no longer this worker's.
    """
    context.begin()
    crash_point(EngineCrashPoint.BEFORE_FINISH, context.job.type)
    report = report_of(context.job)
    with transaction.atomic():
        run, job = locked(context)
        end(run, job, status_for(report, error), report, error)
        successor = claim_successor(run)
        wake_others(run, taken=successor, lock=job.lock)
    crash_point(EngineCrashPoint.AFTER_FINISH, context.job.type)
    return successor


def locked(context: JobContext) -> tuple[Job, Job]:
    """The run's row and the job's, locked in this order, with the claim checked."""
    run = lock_run(context.job.root_id)
    job = run if run.pk == context.id else next(iter(_locked_sub_job(pk=context.id)), None)
    if job is None:
        raise Job.DoesNotExist
    if job.claim_token != context.token:
        raise ClaimLost
    if job.status == Status.CANCELLED:
        raise Cancelled
    return run, job


_locked_sub_job = Compiled(
    lambda: (
        Job.objects.select_for_update(no_key=True, of=("self",))
        .select_related("step")
        .filter(pk=Given("pk", UUIDField()))
    )
)


def status_for(report: Report, error: JobError | None) -> Status:
    if error is not None:
        return Status.FAILED
    return Status.COMPLETED_WITH_ERRORS if report.errors else Status.COMPLETED


def end(run: Job, job: Job, status: Status, report: Report, error: JobError | None = None) -> None:
    """Move an active job to a final status, and update its step and its run."""
    columns, event = columns_of_end(job, status, report, error)
    message, level = event["message"], event["level"]
    if not transition(job, status, str(status), message, level, **columns, **RELEASED):
        raise ClaimLost
    if get_workflow(job.type):
        cancel_rest(job)
    else:
        name_failures(job, report.errors)
        follow_up(run, job)
        move_on(run, job)
    if job.parent_id is None and status != Status.CANCELLED:
        tell_of_end([job])


def columns_of_end(
    job: Job, status: Status, report: Report, error: JobError | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is written of a job that ends like this, and of its event."""
    columns: dict[str, Any] = {
        "result": report.result,
        "errors": report.errors,
        "finished_at": job.ends_at(timezone.now()),
    }
    if status == Status.COMPLETED_WITH_ERRORS:
        error = report.error
    if error is not None:
        columns |= {"error_code": error.code, "error_message": error.message}
    if status in (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS):
        columns["percent"] = 100
    if report.text and status in (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS):
        columns["message"] = shortened(report.text, MAX_MESSAGE)
    message = error.message if error else columns.get("message", "" if get_workflow(job.type) else job.message)
    return columns, {"message": message, "level": Event.Level.WARNING if status in UNSUCCESSFUL else Event.Level.INFO}


def tell_of_end(jobs: list[Job]) -> None:
    """Send the signal of jobs that nobody's step started. A receiver that fails must not keep them from ending."""
    outcome = catch_errors(partial(runs_ended.send, sender=Job, jobs=jobs), jobs[0])
    if isinstance(outcome, JobError) and len(jobs) > 1:
        for job in jobs:
            tell_of_end([job])


def follow_up(run: Job, job: Job) -> None:
    """Start the job that follows this one, if there is one to follow."""
    if not job.follow_up_type or job.status not in (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS, Status.FAILED):
        return
    if job.follow_ups.active().exists():  # retried together with this one
        return
    # An error in it must not keep the job from ending; the next run does what the follow-up would have done.
    params = catch_errors(partial(get_task(job.follow_up_type).follow_up, job), job)
    if isinstance(params, JobError):
        events.record(job, "follow_up_failed", params.message, Event.Level.ERROR)
    elif params is not None and job.batch is not None:
        start_sub_job(run, job.batch, JobSpec(job.follow_up_type, params), previous=job)


def move_on(run: Job, job: Job) -> None:
    """The job has ended: update the run's percentage, and move the run on when the step is done."""
    end_batch(job)
    if job.step is not None:
        move_run_on(run, job.step)


def move_run_on(run: Job, step: Step) -> None:
    """The same, once its batches say how they ended."""
    ((count, left),) = _batches_of(step=step.pk)
    shown = step.shown_from + int((step.shown_to - step.shown_from) * (count - left) / count)
    columns: dict[str, Any] = {"percent": max(run.percent, shown)}
    if not left:
        # A step that a retry reopened may be cancelled before it starts, while another one is running.
        columns["advance_due"] = run.advance_due or step.status == Status.RUNNING
        status = step_status(step)
        end_step(run, step, status, step.message or last_message(step, status))
    if run.status == Status.RUNNING:
        change(run, **columns)


_batches_of = Compiled(  # the last one's number, and how many are open
    lambda: (
        Batch.objects.filter(step=Given("step", BigIntegerField()))
        .order_by()
        .values("step")
        .annotate(count=Max("number"), left=Count("pk", filter=Q(status__in=ACTIVE)))
        .values_list("count", "left")
    )
)


def step_status(step: Step) -> Status:
    """The sub-jobs' status if all have the same; else completed, with errors if any was unsuccessful."""
    statuses = {Status(status) for status in step.jobs.order_by().values_list("status", flat=True).distinct()}
    if len(statuses) == 1:
        return statuses.pop()
    return Status.COMPLETED if statuses.isdisjoint(UNSUCCESSFUL) else Status.COMPLETED_WITH_ERRORS


def last_message(step: Step, status: Status) -> str:
    """What the only sub-job of a step said at its end; empty when it failed, or when there are several."""
    messages = list(step.jobs.order_by().values_list("message", flat=True)[:2])
    return messages[0] if len(messages) == 1 and status not in (Status.FAILED, Status.CANCELLED) else ""


def wake_others(run: Job, *, taken: Job | None, lock: str) -> None:
    """Send wake-ups for what became due: the run's other batches, and a job that waited for the lock.

    ``taken``: the job that this worker goes on with. One of the run takes the slot that became free.
    """
    # The end of a job with a lock may make two due: the one that waited for it, and the next batch.
    may_be_due = run.is_active and (lock or taken is None or taken.root_id != run.pk)
    if may_be_due and due().filter(Q(pk=run.pk) | Q(parent=run.pk)).exists():
        wakeup.wake_after_commit(run.pk)
    if lock:
        for pk, parent in due().filter(lock=lock).exclude(parent=run.pk).values_list("pk", "parent")[:1]:
            wakeup.wake_after_commit(parent or pk)
