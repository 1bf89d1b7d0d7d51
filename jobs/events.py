"""Events are recorded in the transaction of what they describe, and the web processes are notified."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.db import connection

from jobs.conf import conf
from jobs.log_ids import ids_of
from jobs.models import Batch, Event, Job
from jobs.models.inserting import insert, insert_one, insert_with

CHANNEL = "jobs_changed"  # PostgreSQL's NOTIFY channel; the payload is the id of the run

logger = logging.getLogger(conf.logger)


def record(
    job: Job, kind: str, message: str = "", level: str = Event.Level.INFO, *, step: str = "", **data: Any
) -> None:
    """Append an event of ``job`` and publish it; call it in the transaction of what it describes."""
    if step:
        data["step"] = step
    event = _event(job, kind, message=message, level=level, data=data)
    insert_one(event)
    publish(job.root_id)
    _log(event, step)


def record_start(job: Job, message: str) -> None:
    """As `record` of a job that is started alone, whose row and batch are inserted with it.

    PostgreSQL does all of it with one statement, which needs no transaction around it.
    """
    batch, event = Batch(), _event(job, "started", message=message)
    if connection.vendor == "postgresql":
        insert_with(batch, [job, event], call="pg_notify(%s, %s)", given=[CHANNEL, str(job.root_id)])
        job.batch = batch
    else:
        insert_one(batch)
        job.batch = batch
        insert_one(job)
        insert_one(event)
    _log(event)


def record_each(jobs: list[Job], kind: str) -> None:
    """As `record` for each of some jobs, with one INSERT that is repeated."""
    record_all([(job, kind, {}) for job in jobs])


def record_all(happened: list[tuple[Job, str, dict[str, Any]]]) -> None:
    """The same where each has a kind and columns of its own."""
    rows = [_event(job, kind, **columns) for job, kind, columns in happened]
    insert(rows)
    for event in rows:
        _log(event)
    publish(*{job.root_id for job, _kind, _columns in happened})


def _event(job: Job, kind: str, **columns: Any) -> Event:
    return Event(**{"job": job, "kind": kind, "status": job.status, "attempt": job.attempt} | columns)


def _log(event: Event, step: str = "") -> None:
    """One line per transition."""
    level, job = getattr(logging, event.level.upper()), event.job
    if not logger.isEnabledFor(level):
        return
    ids = ids_of(job, step)
    logger.log(
        level,
        "%s%s run=%s step=%s job=%s type=%s status=%s",
        event.kind,
        f": {event.message}" if event.message else "",
        ids["run"],
        ids["step"] or "-",
        ids["job"],
        job.type,
        event.status,
        extra=ids,
    )


def publish(*root_ids: uuid.UUID) -> None:
    """Notify the web processes after commit to read runs again. With SQLite their change listeners see commits."""
    if connection.vendor == "postgresql" and root_ids:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, id) FROM unnest(%s::text[]) id", [CHANNEL, list(map(str, root_ids))])
