"""How statuses change: of a job by a conditional UPDATE and its event, in one transaction; of its step and its batch.

A batch is open until none of its jobs is active any more, and then has the worst status of theirs.
"""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    Field,
    OuterRef,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.utils import timezone

from jobs import events
from jobs.errors import ClaimLost, JobError
from jobs.models import ACTIVE, FINISHED, UNSUCCESSFUL, Batch, Event, Job, Status, Step
from jobs.models.compiled import AnyOf, Compiled, CompiledUpdate, Given, narrowed, prepared_cursor
from jobs.texts.translatable import Translatable as _

ALLOWED: dict[str, frozenset[str]] = {
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.QUEUED, *FINISHED}),
    **{status: frozenset({Status.QUEUED}) for status in FINISHED},
}

WORST_FIRST = (Status.FAILED, Status.CANCELLED, Status.COMPLETED_WITH_ERRORS)
RELEASED: dict[str, Any] = {"claim_token": None, "claimed_by": "", "lease_until": None, "held_lock": ""}


def lock_run(root_id: uuid.UUID) -> Job:
    """The run's row, locked: everything that changes a run holds this lock. Raises Job.DoesNotExist."""
    if not (found := _locked(pk=root_id)):
        raise Job.DoesNotExist
    return found[0]


# no_key: a plain FOR UPDATE deadlocks with the foreign-key checks of event inserts on PostgreSQL.
_locked = Compiled(lambda: Job.objects.select_for_update(no_key=True).filter(pk=Given("pk", UUIDField())))


def change(job: Job, **columns: Any) -> bool:
    """Write columns if the job still has the status and the claim that ``job`` was read with."""
    columns |= {"updated_at": timezone.now()}
    values = [_prepared(name, value) for name, value in columns.items()]
    seen = [_prepared("id", job.pk), job.status, *([_prepared("claim_token", job.claim_token)] * bool(job.claim_token))]
    with prepared_cursor() as cursor:
        cursor.execute(_update(tuple(columns), job.claim_token is None), values + seen)
        if not cursor.rowcount:
            return False
    columns["version"] = job.version + 1
    for name, value in columns.items():
        setattr(job, name, value)
    return True


def change_each(jobs: list[Job], columns: list[dict[str, Any]]) -> None:
    """As `change` for each of some claimed jobs, each with values of its own for the same columns; one statement.

    Raises ClaimLost unless all have the status and the claim that they were read with.
    """
    names, now, rows = (*columns[0], "updated_at"), timezone.now(), []
    for job, given in zip(jobs, columns, strict=True):
        given["updated_at"] = now
        assert given.keys() == set(names), "each has the same columns"
        seen = [_prepared("id", job.pk), job.status, _prepared("claim_token", job.claim_token)]
        rows.append([_prepared(name, given[name]) for name in names] + seen)
    with prepared_cursor() as cursor:
        cursor.executemany(_update(names, False), rows)
        if cursor.rowcount != len(jobs):
            raise ClaimLost
    for job, given in zip(jobs, columns, strict=True):
        for name, value in (given | {"version": job.version + 1}).items():
            setattr(job, name, value)


def _prepared(name: str, value: Any) -> Any:
    field: Field[Any, Any] = Job._meta.get_field(name)  # type: ignore[assignment]
    return field.get_db_prep_save(value, connection)


@cache
def _update(names: tuple[str, ...], is_unclaimed: bool) -> str:
    """As `QuerySet.update` makes it. To do so with each transition took more time than the rest of it."""
    quoted = connection.ops.quote_name
    given = "".join(f"{quoted(name)} = %s, " for name in names)
    claim = "IS NULL" if is_unclaimed else "= %s"
    table = quoted(Job._meta.db_table)
    # As `narrowed` has it.
    seen = f"CASE WHEN status = %s AND claim_token {claim} THEN 1 ELSE 0 END = 1"
    return f"UPDATE {table} SET {given}version = version + 1 WHERE id = %s AND {seen}"


def transition(job: Job, to: Status, kind: str, text: str = "", level: str = Event.Level.INFO, **columns: Any) -> bool:
    """Move the job to another status, write columns, and record an event with ``text``.

    False when the job has changed meanwhile.
    """
    if to not in ALLOWED[job.status]:
        raise ValueError(f"A job never goes from {job.status} to {to}.")
    if not change(job, status=to, **columns):
        return False
    events.record(job, kind, text, level)
    return True


def end_step(run: Job, step: Step, status: Status, message: str = "", error: JobError | None = None) -> None:
    """Record how the step ended."""
    step.status, step.finished_at = status, step.ends_at(timezone.now())
    step.message = message or step.message
    if error is not None:
        step.error_code, step.error_message = error.code, error.message
    step.save(update_fields=["status", "finished_at", "message", "error_code", "error_message"])
    level = Event.Level.WARNING if status in UNSUCCESSFUL else Event.Level.INFO
    text = error.message if error else message
    name = _(step.name)
    line = _("{name}: {text}", name=name, text=text) if text else name
    events.record(run, f"step_{status}", line, level, step=step.key)


def batches_of(job: Job) -> QuerySet[Batch]:
    """A run's batches, or the one that the job itself works at."""
    return Batch.objects.filter(step__run=job.pk) if job.batch_id is None else Batch.objects.filter(pk=job.batch_id)


def begin_batch(job: Job) -> None:
    """One of its jobs was claimed: the first one begins it, and may have begun it before."""
    if job.batch_id is None:
        return
    begin = _begin_again if job.previous_id else _begin
    begin(pk=job.batch_id)


def _to_begin(rows: Q) -> CompiledUpdate:
    columns = {"status": Status.RUNNING, "makes_room": False}
    return CompiledUpdate(lambda: (narrowed(Batch.objects.filter(pk=Given("pk", BigIntegerField())), rows), columns))


_begin, _begin_again = _to_begin(~Q(status=Status.RUNNING) | Q(makes_room=True)), _to_begin(~Q(status=Status.RUNNING))


def reopen_batch(job: Job) -> None:
    """A retry queued its job again: it waits for a free slot like any other."""
    if job.batch_id is not None:
        Batch.objects.filter(pk=job.batch_id).update(status=Status.QUEUED, makes_room=False)


def end_batch(job: Job) -> None:
    """End the one that the job works at if that has no active job left."""
    if job.batch_id is None:
        return
    statuses = {job.status}  # of the batch's only one, if it was started on its own
    if job.step_id is not None:
        statuses = set(Job.objects.filter(batch=job.batch_id).order_by().values_list("status", flat=True))
    if statuses.isdisjoint(ACTIVE):
        worst = next((status for status in WORST_FIRST if status in statuses), Status.COMPLETED)
        end_batches_as(ids=[job.batch_id], status=worst)


def _open() -> QuerySet[Batch]:
    return narrowed(Batch.objects.filter(pk__in=AnyOf("ids", BigIntegerField())), status__in=ACTIVE)


end_batches_as = CompiledUpdate(lambda: (_open(), {"status": Given("status", CharField())}))


def end_batches(batches: QuerySet[Batch]) -> None:
    """The same for many, with one statement."""
    jobs = Job.objects.filter(batch=OuterRef("pk"))
    worst = [When(Exists(jobs.filter(status=status)), then=Value(status)) for status in WORST_FIRST]
    ended = batches.filter(~Exists(jobs.filter(status__in=ACTIVE)), status__in=ACTIVE)
    ended.update(status=Case(*worst, default=Value(Status.COMPLETED)))
