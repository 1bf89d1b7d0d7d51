"""What a job did, counted from rows."""

from __future__ import annotations

from functools import partial

from jobs.declare.registry import Report, get_task, get_workflow
from jobs.engine.error_boundary import catch_errors
from jobs.errors import JobError
from jobs.models import Job


def report_of(job: Job) -> Report:
    """What the job did. A report that fails is an error of the job, but never keeps it from ending."""
    workflow = get_workflow(job.type)
    count = workflow().report if workflow else get_task(job.type).report
    report = catch_errors(partial(count, job), job)
    return Report(errors=1) if isinstance(report, JobError) else report


def set_result(run: Job) -> None:
    """The result contains the run's own status, so it is computed again once that is known."""
    run.result = report_of(run).result
    Job.objects.filter(pk=run.pk).update(result=run.result)
