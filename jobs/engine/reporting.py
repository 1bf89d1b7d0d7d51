"""What a job did, counted from rows; and the items of it that failed, as events.

So they stay named when a later run has handled them once more.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from jobs import events
from jobs.context import MAX_MESSAGE
from jobs.declare.items import Item, items
from jobs.declare.registry import Report, get_task, get_workflow
from jobs.engine.error_boundary import catch_errors
from jobs.errors import JobError
from jobs.models import Event, Job
from jobs.models.inserting import insert
from jobs.texts.nul import has_nul
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import shortened

READ_AT_ONCE = 500  # items that failed
ITEM_FAILED = "item_failed"  # kind of the event


def report_of(job: Job) -> Report:
    """What the job did. A report that fails is an error of the job, but never keeps it from ending."""
    workflow = get_workflow(job.type)
    count = workflow().report if workflow else get_task(job.type).report
    report = catch_errors(lambda: storable(count(job)), job)
    return Report(errors=1) if isinstance(report, JobError) else report


def storable(report: Report) -> Report:
    """The same. Raises TypeError or ValueError for what the database would refuse at each attempt to end the job."""
    written = json.dumps([report.result, report.text], allow_nan=False, ensure_ascii=False).encode()
    if has_nul(written):
        raise ValueError("A text of the result has a NUL character, which PostgreSQL does not store.")
    return report


def set_result(run: Job) -> None:
    """The result contains the run's own status, so it is computed again once that is known."""
    run.result = report_of(run).result
    Job.objects.filter(pk=run.pk).update(result=run.result)


def name_failures(job: Job, errors: int) -> None:
    """Record each item that failed in the job, in the transaction that ends it."""
    if not errors:
        return
    # A project that can't name them must not keep the job from ending.
    found = catch_errors(lambda: list(items().failed(job, READ_AT_ONCE)), job)
    if not isinstance(found, JobError):
        insert([event_of(job, item) for item in found])
        events.publish(job.root_id)


def event_of(job: Job, item: Item) -> Event:
    values = {key: shortened(value, MAX_MESSAGE) for key, value in asdict(item).items()}
    text = shortened(_("{name}: {reason}", name=values["name"], reason=values["reason"]), MAX_MESSAGE)
    known = {"job": job, "kind": ITEM_FAILED, "status": job.status, "attempt": job.attempt}
    return Event(**known, level=Event.Level.WARNING, message=text, data=values)
