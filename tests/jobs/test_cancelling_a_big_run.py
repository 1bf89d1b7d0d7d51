"""Cancelling is one short transaction, however many batches wait."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import engine, testing
from jobs.errors import Stopping
from jobs.models import Event, Job, Status
from tests.jobs import engine_examples as examples
from tests.jobs.test_engine_faults import once

pytestmark = pytest.mark.django_db(transaction=True)
BATCHES_MORE = 1  # INSERTs of events: SQLite takes some 120 rows in one


def many_batches(count: int) -> Job:
    """A run in whose second step that many batches wait, of which the first one has begun and was requeued."""
    run = engine.start("model_workflow", {"batches": count, "skip": ["needed"]}, source="test")
    job = engine.claim_next(run.pk)
    assert job is not None
    first = testing.run_job(job, watch=False)
    assert first is not None
    with examples.acting(once("model_batch", Stopping())):
        testing.run_job(first, watch=False)
    assert run.sub_jobs.filter(status=Status.QUEUED).count() == count
    return run


def cancel(run: Job) -> int:
    """How many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        engine.cancel(run.pk)
    return len(queries)


def test_a_run_with_200_batches_is_cancelled_with_as_many_queries_as_one_with_10() -> None:
    few = cancel(many_batches(10))
    run = many_batches(200)
    assert cancel(run) <= few + BATCHES_MORE
    assert set(run.sub_jobs.values_list("status", flat=True)) == {Status.CANCELLED}


def test_each_batch_of_a_cancelled_run_has_its_event_and_a_new_version() -> None:
    run = many_batches(3)
    before = dict(run.sub_jobs.values_list("pk", "version"))
    cancel(run)
    for sub_job in run.sub_jobs.all():
        recorded = Event.objects.filter(job=sub_job, kind="cancelled", status=Status.CANCELLED)
        assert recorded.count() == 1
        assert sub_job.version > before[sub_job.pk]
        assert sub_job.cancel_requested_at and sub_job.finished_at


def test_what_never_began_is_asked_for_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    run = many_batches(3)
    asked: list[Any] = []
    monkeypatch.setitem(examples.get_task("model_batch").__dict__, "report", lambda job: asked.append(job.batch.number))
    cancel(run)
    assert asked == []


def test_only_what_began_before_is_left_to_recovery() -> None:
    run = many_batches(3)
    examples.cleaned_up.clear()
    cancel(run)
    engine.clean_up_orphaned()
    assert [job.batch and job.batch.number for job in examples.cleaned_up] == [1]
    assert not Job.objects.claimed().exists()
