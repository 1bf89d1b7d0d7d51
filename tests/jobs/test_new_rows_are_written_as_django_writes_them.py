"""Rows that are inserted by SQL that is made once are those that Django would have inserted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs import events
from jobs.models import Batch, Event, Job
from jobs.models.inserting import insert, insert_one
from jobs.texts.translatable import Translatable as _

pytestmark = pytest.mark.django_db


def some_jobs() -> list[Job]:
    values: dict[str, Any] = {"params": {"text": "ä\\"}, "message": _("Started from {source}", source="test")}
    return [
        Job(type=f"type {number}", started_by=User.objects.get(), batch=Batch.objects.create(), **values)
        for number in range(3)
    ]


def columns_of(jobs: list[Job]) -> list[dict[str, Any]]:
    """As the database has them, without what is of each time and row."""
    each = {"id", "created_at", "updated_at", "queued_as_of", "place_in_queue", "batch_id"}
    rows = Job.objects.filter(pk__in=[job.pk for job in jobs]).order_by("type").values()
    return [{name: value for name, value in row.items() if name not in each} for row in rows]


def test_all_columns_are_those_that_django_writes() -> None:
    User.objects.create_user("ada")
    ours, djangos = some_jobs(), some_jobs()
    insert(ours)
    Job.objects.bulk_create(djangos)
    assert columns_of(ours) == columns_of(djangos)
    for job in ours:
        stored = Job.objects.get(pk=job.pk)
        assert (stored.created_at, stored.batch) == (job.created_at, job.batch)
        assert stored.place_in_queue == job.queued_as_of, "the database computes it"


def test_one_has_the_key_that_the_database_gave_it_and_is_changed_like_any_other() -> None:
    batch, job = Batch(), Job(type="some")
    insert_one(batch)
    insert_one(job)
    insert([Event(job=job, kind="started"), Event(job=job, kind="claimed")])
    assert Batch.objects.get() == batch and Job.objects.get() == job
    assert list(Event.objects.order_by("id").values_list("kind", flat=True)) == ["started", "claimed"]
    job.type, batch.number = "other", 7
    job.save()
    batch.save()
    assert Job.objects.get().type == "other" and Batch.objects.get().number == 7


def test_many_are_one_statement_and_none_are_no_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert([Job(type="some") for _ in range(50)])
        insert([])
    assert len(queries) == 1 and Job.objects.count() == 50


def test_what_the_database_refuses_is_refused() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_one(Job(type="some", status="no status"))
    assert not Job.objects.exists()


def test_a_job_its_batch_and_its_event_are_inserted_together_or_none_of_them() -> None:
    def started(**columns: Any) -> Job:
        job = Job(type="some", **columns)
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            events.record_start(job, _("Started from {source}", source="test"))
        inserts = [query for query in queries if "INSERT" in query["sql"]]
        assert len(inserts) == (1 if connection.vendor == "postgresql" else 3)
        return job

    job = started(started_at=None, params={"text": "ä"})
    stored = Job.objects.get()
    assert (stored, stored.batch, stored.params, stored.started_at) == (job, job.batch, {"text": "ä"}, None)
    assert stored.events.get().kind == "started"
    with pytest.raises(IntegrityError):
        started(status="no status")
    assert Batch.objects.count() == Job.objects.count() == 1
