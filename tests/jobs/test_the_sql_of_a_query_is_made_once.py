"""A compiled query answers as its queryset would, each time as things are now, and its SQL is made once."""

from __future__ import annotations

import gc
import threading
import uuid
import weakref
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.db.models import Count, DateTimeField, Q, UUIDField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Job, Status
from jobs.models.compiled import AnyOf, Compiled, Given, narrowed

pytestmark = pytest.mark.django_db
PARENT = Given("parent", UUIDField())


def family(count: int) -> Job:
    run = Job.objects.create(type="run", status=Status.RUNNING)
    Job.objects.bulk_create(Job(type=f"part {number}", parent=run, status=Status.QUEUED) for number in range(count))
    return run


def test_rows_are_those_of_the_value_that_is_given_as_they_are_now() -> None:
    parts = Compiled(lambda: Job.objects.filter(parent=PARENT).order_by("type"))
    first, second = family(2), family(3)
    assert [job.type for job in parts(parent=first.pk)] == ["part 0", "part 1"]
    assert parts(parent=second.pk) == list(Job.objects.filter(parent=second).order_by("type"))
    second.sub_jobs.update(params={"dry": True})
    assert [job.params for job in parts(parent=second.pk)] == [{"dry": True}] * 3
    assert parts(parent=uuid.uuid4()) == []


def test_it_is_made_once() -> None:
    made: list[int] = []

    def make() -> Any:
        made.append(1)
        return Job.objects.filter(parent=PARENT)

    parts, run = Compiled(make), family(1)
    assert not made, "not before somebody asks: models may not be there yet"
    with CaptureQueriesContext(connection) as captured:
        assert parts(parent=run.pk) == parts(parent=run.pk)
    assert len(made) == 1 and len(captured) == 2


def test_related_rows_tuples_and_single_values_come_as_from_the_queryset() -> None:
    user = User.objects.create_user("ada")
    run = family(2)
    Job.objects.filter(pk=run.pk).update(started_by=user)
    runs = Compiled(
        lambda: Job.objects.filter(pk=Given("run", UUIDField())).select_related("started_by").defer("params")
    )
    (found,) = runs(run=run.pk)
    with CaptureQueriesContext(connection) as captured:
        assert found.started_by == user and found.created_at == run.created_at
    assert not captured.captured_queries
    counts = Compiled(
        lambda: Job.objects.filter(parent=PARENT).order_by().values_list("parent").annotate(n=Count("pk"))
    )
    assert counts(parent=run.pk) == [(run.pk, 2)]
    since = Given("since", DateTimeField())
    types = Compiled(lambda: Job.objects.filter(created_at__gte=since).order_by("type").values_list("type", flat=True))
    assert types(since=timezone.now() - timedelta(hours=1)) == ["part 0", "part 1", "run"]
    assert types(since=timezone.now() + timedelta(hours=1)) == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_any_number_of_values_is_one_parameter(count: int) -> None:
    runs = [family(2) for _ in range(3)]
    parts = Compiled(lambda: Job.objects.filter(parent__in=AnyOf("parents", UUIDField())))
    assert len(parts(parents=[run.pk for run in runs[:count]])) == 2 * count


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_through_its_own_connection() -> None:
    parts, run, found = Compiled(lambda: Job.objects.filter(parent=PARENT)), family(2), list[Job]()
    assert len(parts(parent=run.pk)) == 2

    def ask() -> None:
        found.extend(parts(parent=run.pk))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert len(found) == 2


@pytest.mark.django_db(transaction=True)
def test_the_connection_of_the_thread_that_asked_first_ends_with_it() -> None:
    parts, run, asked_by = Compiled(lambda: Job.objects.filter(parent=PARENT)), family(2), list[Any]()

    def ask() -> None:
        assert len(parts(parent=run.pk)) == 2
        asked_by.append(weakref.ref(connections["default"]))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    gc.collect()
    assert len(asked_by) == 1 and asked_by[0]() is None
    assert len(parts(parent=run.pk)) == 2


@pytest.mark.django_db(transaction=True)
def test_postgresql_plans_it_once_unless_the_number_of_its_values_decides_on_the_plan() -> None:
    one = Compiled(lambda: Job.objects.filter(pk=Given("one", UUIDField())).values_list("type"))
    some = Compiled(lambda: Job.objects.filter(pk__in=AnyOf("some", UUIDField())).values_list("message"))
    run = family(0)
    connection.close()
    for _ in range(10):
        assert one(one=run.pk) == [("run",)] and some(some=[run.pk]) == [("",)]
    assert [sql.split('"')[3] for sql in kept_plans()] == (["type"] if connection.vendor == "postgresql" else [])


def kept_plans() -> list[str]:
    """The statements that the database keeps for this connection; SQLite's library does, unasked."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_conditions_that_only_narrow_rows_choose_no_index() -> None:
    Job.objects.bulk_create(Job(type="some") for _ in range(500))
    job = Job.objects.all()[0]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rows = narrowed(Job.objects.filter(pk=job.pk), status=Status.QUEUED, claim_token=None)
    assert list(rows) == [job]
    assert not narrowed(Job.objects.filter(pk=job.pk), ~Q(status=Status.QUEUED)).exists()
    index = "jobs_job_pkey" if connection.vendor == "postgresql" else "sqlite_autoindex_jobs_job_1"
    assert index in rows.explain()
