"""The statements that a job costs whatever it does: few, and no more for thousands that wait beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from jobs import engine, testing, wakeup
from jobs.models import Job, Status
from tests.jobs import examples  # noqa: F401 - registers them

pytestmark = pytest.mark.django_db(transaction=True)
# With BEGIN and COMMIT; PostgreSQL also notifies pages, and tells the time. It starts a job with one statement, which
# is a transaction by itself; the others read the settings and send the wake-up.
START, ALONE, IN_A_RUN = (4, 18, 19) if connection.vendor == "postgresql" else (10, 15, 16)


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def run_with(batches: int) -> Job:
    """A run whose second step has begun with that many batches; its first job."""
    params = {"batches": batches, "max_parallel_batches": 2, "skip": ["needed"]}
    run = engine.start("example_workflow", params, source="test")
    claimed = engine.claim_next(run.pk)
    assert claimed is not None
    first = testing.run_job(claimed, watch=False)
    assert first is not None and first.parent_id == run.pk
    return first


def next_of(job: Job) -> Job:
    found = testing.run_job(job, watch=False)
    assert found is not None
    return found


def test_starting_a_job_takes_few_statements() -> None:
    engine.start("example_first", source="test")
    assert statements(lambda: engine.start("example_first", source="test")) <= START


def test_a_worker_ends_a_job_and_takes_one_of_somebody_else_in_one_transaction_of_few_statements() -> None:
    for _ in range(4):
        engine.start("example_first", source="test")
    job = engine.claim_next()
    assert job is not None
    following = next_of(job)
    assert following.status == Status.RUNNING and following.pk != job.pk
    with CaptureQueriesContext(connection) as queries:
        next_of(following)
    assert len(queries) <= ALONE
    assert len([query for query in queries if query["sql"].startswith("BEGIN")]) == 1


def test_a_job_of_a_run_takes_as_many_statements_beside_50_others_as_beside_5() -> None:
    counts = []
    for batches in (5, 50):
        following = next_of(run_with(batches))
        counts.append(statements(partial(next_of, following)))
        Job.objects.all().delete()
    assert counts[0] == counts[1] <= IN_A_RUN


def test_a_step_begins_50_batches_with_few_more_statements_than_5() -> None:
    few = statements(lambda: run_with(5))
    Job.objects.all().delete()
    assert statements(lambda: run_with(50)) <= few + 4  # SQLite takes a thousand values in one INSERT


def test_batches_begin_in_their_order_and_what_follows_in_one_before_the_next() -> None:
    job = run_with(5)
    numbers = []
    for _ in range(8):
        assert job.batch is not None
        numbers.append((job.batch.number, job.type))
        job = next_of(job)
    assert numbers == sorted(numbers, key=lambda one: one[0])
    assert len(set(numbers)) == 8


def test_thousands_of_starts_leave_no_more_wakeups_than_workers_can_use() -> None:
    for _ in range(wakeup.ENOUGH + 10):
        engine.start("example_first", source="test")
    assert OrmQ.objects.count() == wakeup.ENOUGH
    assert Job.objects.filter(status=Status.QUEUED).count() == wakeup.ENOUGH + 10
