"""Advancing: a run decides its next step under a claim of its own, since the decision may call a service."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from django.utils import timezone

from jobs import events, wakeup
from jobs.context import JobContext
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.declare.registry import JobSpec, get_workflow, params_of
from jobs.declare.workflows import Skip, StepDeclaration, Workflow
from jobs.engine.backoff import decide_later
from jobs.engine.claiming import claim_successor
from jobs.engine.error_boundary import catch_errors
from jobs.engine.finishing import end, locked, wake_others
from jobs.engine.reporting import report_of
from jobs.engine.starting import configured_attempts, start_sub_jobs
from jobs.engine.transitions import RELEASED, change, end_step
from jobs.errors import JobError
from jobs.models import UNSUCCESSFUL, Batch, Job, Status, Step
from jobs.texts.translatable import Translatable as _

LEFT_OUT = _("Left out")  # a reason of `Skip`


@dataclass(frozen=True)
class Decided:
    """What a step chose: sub-jobs, to be skipped, or an error.

    ``again``: a retry has queued its sub-jobs again. ``over``: there is nothing left to decide.
    """

    jobs: list[JobSpec] = field(default_factory=list)
    skip: Skip | None = None
    error: JobError | None = None
    again: bool = False
    over: bool = False


def advance(context: JobContext) -> Job | None:
    """Decide steps until one has work or the run ends. Returns the run's next sub-job if this worker claimed it."""
    workflow_class = get_workflow(context.job.type)
    assert workflow_class is not None
    while True:
        run = context.job
        step = _next_step(run)
        decided = decide(workflow_class, step, context)
        crash_point(EngineCrashPoint.STEP_DECIDED, step.key if step else "end")
        with context.transaction():
            run, _job = locked(context)
            goes_on = write(run, step, decided)
            successor = None if goes_on else claim_successor(run)
            if not goes_on:
                wake_others(run, taken=successor, lock="")
        if not goes_on:
            crash_point(EngineCrashPoint.STEP_STARTED, step.key if step else "end")
            return successor


def _next_step(run: Job) -> Step | None:
    return run.steps.filter(status=Status.PENDING).first()


def required_ended(run: Job) -> Step | None:
    """The required step without which the run can't go on, if there is one."""
    return run.steps.filter(required=True, status__in=(Status.FAILED, Status.CANCELLED)).first()


def decide(workflow_class: type[Workflow], step: Step | None, context: JobContext) -> Decided:
    """What the step chooses, outside of any transaction. None is left, or a required one failed: it is over."""
    if step is None or required_ended(context.job) is not None:
        return Decided(over=True)
    if step.jobs.active().exists():
        return Decided(again=True)
    declared: StepDeclaration = workflow_class.declaration(step.key)

    def ask() -> Decided:
        if step.key in context.params.get("skip", []):
            workflow_class().check_left_out(step.key, context.job, context)
            return Decided(skip=Skip(LEFT_OUT, declared.left_out_at))
        params_of(context.job.type).check_stored(context.params)
        try:
            return Decided(jobs=declared.decide(workflow_class(), context.job, context))
        except Skip as skip:
            return Decided(skip=skip)

    # An error in the decision fails the step, not the run: steps that do not depend on it go on.
    decided = catch_errors(ask, context.job)
    return Decided(error=decided) if isinstance(decided, JobError) else decided


def write(run: Job, step: Step | None, decided: Decided) -> bool:
    """Write the decision; True when another one is due at once."""
    current = _next_step(run)
    if current is None or required_ended(run) is not None:
        end_run(run)
        return False
    # A retry or a cancel came during the decision: what was queued is gone, or there is something to do after all.
    if current != step or decided.over or decided.again != current.jobs.active().exists():
        return True
    return write_step(run, current, decided)


def write_step(run: Job, step: Step, decided: Decided) -> bool:
    """Write what the step chose; True when the next one is due at once."""
    if decided.error is not None:
        return retry_or_fail_step(run, step, decided.error)
    step.started_at = step.started_at or timezone.now()
    if decided.again:
        _begin(run, step)
        return False
    if decided.skip is not None:
        step.save(update_fields=["started_at"])
        end_step(run, step, Status.SKIPPED, _("Skipped - {reason}", reason=decided.skip.reason))
        return change(run, percent=max(run.percent, decided.skip.at))
    if not decided.jobs:
        step.save(update_fields=["started_at"])
        end_step(run, step, Status.COMPLETED)
        return change(run, percent=max(run.percent, step.shown_to))
    numbers = count(step.batches.count() + 1)
    batches = Batch.objects.bulk_create(Batch(step=step, number=next(numbers)) for _spec in decided.jobs)
    start_sub_jobs(run, batches, decided.jobs)
    _begin(run, step)
    return False


def _begin(run: Job, step: Step) -> None:
    workflow_class = get_workflow(run.type)
    step.status, step.message = Status.RUNNING, workflow_class().note(step.key, run) if workflow_class else ""
    step.save(update_fields=["status", "message", "started_at"])
    events.record(run, "step_running", _(step.name), step=step.key)
    change(run, percent=max(run.percent, step.shown_from), message=_(step.name), **RELEASED)
    # The worker that decided takes the first sub-job: wake-ups for the others only.
    wakeup.wake_after_commit(run.pk, count=min(step.parallel, step.jobs.active().count()) - 1)


def retry_or_fail_step(run: Job, step: Step, error: JobError) -> bool:
    """A transient error: the same decision again later, while attempts are left; else the step has failed."""
    step.attempts += 1
    step.started_at = step.started_at or timezone.now()
    step.save(update_fields=["attempts", "started_at"])
    if error.permanent or step.attempts >= configured_attempts(run):
        end_step(run, step, Status.FAILED, error=error)
        return change(run, percent=max(run.percent, step.shown_from))
    decide_later(run, step, error)
    return False


def end_run(run: Job) -> None:
    """Everything is decided and done, or a required step failed: the run has the worst of what happened."""
    required = required_ended(run)
    report = report_of(run)
    if required is None:
        wrong = run.steps.filter(status__in=UNSUCCESSFUL).exists() or report.errors
        end(run, run, Status.COMPLETED_WITH_ERRORS if wrong else Status.COMPLETED, report)
    elif required.status == Status.CANCELLED:
        end(run, run, Status.CANCELLED, report)
    else:
        end(run, run, Status.FAILED, report, error_of(required))


def error_of(step: Step) -> JobError:
    """Why a required step failed: its own error, or that of its sub-job."""
    failed = step.jobs.exclude(error_code="").order_by("created_at").last()
    source = step if step.error_code or failed is None else failed
    message = _("{step} failed: {reason}", step=_(step.name), reason=source.error_message)
    return JobError(source.error_code or "failed", message, permanent=True)
