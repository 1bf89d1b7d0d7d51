"""Starting: a row, and a wake-up after commit."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jobs import events, wakeup
from jobs.conf import conf
from jobs.crash_points import EngineCrashPoint, crash_point
from jobs.declare.pinning import pinning
from jobs.declare.registry import JobSpec, Task, get_task, get_workflow, params_of
from jobs.declare.workflows import Workflow
from jobs.errors import AlreadyRunning
from jobs.models import Batch, Job, Step
from jobs.models.inserting import insert, insert_one
from jobs.texts.translatable import Translatable as _


def start(type: str, params: dict[str, Any] | None = None, *, source: str, user: Any = None) -> Job:
    """Start a job; every entry point calls this one function.

    Raises BadRequest for an unknown type or parameter, and AlreadyRunning when it is a workflow and one is active.
    """
    values = params_of(type).checked(params or {})
    workflow = get_workflow(type)
    job = Job(type=type, params=values, source=source, started_by=user, pinned=pinning().pinned())
    job.max_attempts, job.retry_delay = configured_attempts(job), values.get("retry_delay", conf.retry_delay)
    text = _("Started from {source}", source=_(source))
    with nullcontext() if workflow is None and _is_one_statement(get_task(type)) else transaction.atomic():
        if workflow:
            create_run(job, workflow)
            events.record(job, "started", text)
        else:
            create_alone(job, get_task(type), text)
        transaction.on_commit(partial(crash_point, EngineCrashPoint.STARTED, type))
        wakeup.wake_after_commit(job.id)
    return job


def _is_one_statement(task: Task) -> bool:
    """Whether a job of it is started by one alone, which needs no transaction around it."""
    return task.on_start is None and connection.vendor == "postgresql"


def create_alone(job: Job, task: Task, text: str) -> None:
    """Save the row of a job that nobody's step starts, and its batch."""
    job.lock = task.lock
    events.record_start(job, text)
    if task.on_start is not None:
        task.on_start(job)


def configured_attempts(run: Job) -> int:
    """Attempts of a sub-job or of a decision of the run before it fails.

    Not the run's ``max_attempts``, which rises with each retry by a person.
    """
    return int(run.params.get("max_attempts", conf.max_attempts))


def create_run(job: Job, workflow: type[Workflow]) -> None:
    """Save the row of a run, and its steps. Raises AlreadyRunning."""
    job.single_flight = job.type
    try:
        # A savepoint: PostgreSQL would refuse everything after the error in the outer transaction.
        with transaction.atomic():
            insert_one(job)
    except IntegrityError:
        active = Job.objects.active().filter(single_flight=job.type).values_list("pk", flat=True).first()
        raise AlreadyRunning(active) from None
    Step.objects.bulk_create(
        Step(
            run=job,
            key=declared.key,
            name=declared.name,
            index=index,
            shown_from=declared.shown[0],
            shown_to=declared.shown[1],
            required=declared.required,
            parallel=workflow().parallel(declared.key, job),
        )
        for index, declared in enumerate(workflow.steps(), start=1)
    )


def start_sub_job(run: Job, batch: Batch, spec: JobSpec, previous: Job | None = None) -> Job:
    """Create a queued sub-job of the batch, in the transaction of the transition that it follows from."""
    return start_sub_jobs(run, [batch], [spec], previous)[0]


def start_sub_jobs(run: Job, batches: list[Batch], specs: list[JobSpec], previous: Job | None = None) -> list[Job]:
    """The same for each batch, in few statements however many there are; they are begun in this order."""
    now = timezone.now()
    jobs = [
        Job(
            type=spec.type,
            params=spec.params,
            follow_up_type=spec.then,
            parent=run,
            step=previous.step if previous else batch.step,
            batch=batch,
            previous=previous,
            queued_as_of=previous.queued_as_of if previous else now + timedelta(microseconds=number),
            lock=get_task(spec.type).lock,
            source=run.source,
            started_by_id=run.started_by_id,
            ignores_quiet_hours=run.ignores_quiet_hours,
            max_attempts=configured_attempts(run),
            retry_delay=run.retry_delay,
        )
        for number, (batch, spec) in enumerate(zip(batches, specs, strict=True))
    ]
    insert(jobs)
    for job in jobs:
        if (on_start := get_task(job.type).on_start) is not None:
            on_start(job)
    events.record_each(jobs, "started")
    return jobs
