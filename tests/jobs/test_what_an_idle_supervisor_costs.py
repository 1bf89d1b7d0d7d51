"""While nothing is to be done, looking for work costs next to nothing, and what comes is noticed as soon as ever."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from jobs import engine
from jobs.worker import cluster
from tests.jobs import examples  # noqa: F401 - registers them

pytestmark = pytest.mark.django_db(transaction=True)
RECOVER = 2  # statements: quiet hours, which begin and end by themselves, and whether any job is active


def test_recovery_asks_two_questions_while_no_job_is_active() -> None:
    with CaptureQueriesContext(connection) as queries:
        engine.recover()
    assert len(queries) == RECOVER


def test_a_due_job_without_a_wakeup_is_found_after_an_idle_time() -> None:
    engine.recover()
    engine.start("example_first", source="test")
    OrmQ.objects.all().delete()
    engine.recover()
    assert OrmQ.objects.count() == 1


def test_the_pusher_ends_its_wait_with_the_first_wakeup() -> None:
    threading.Timer(0.1, send).start()
    begun = time.monotonic()
    cluster.wait_for_wakeup()
    assert OrmQ.objects.count() == 1 and time.monotonic() - begun < cluster.LONGEST_LOOK


def test_the_pusher_waits_while_all_wakeups_are_delivered_and_workers_are_busy() -> None:
    send()
    OrmQ.objects.update(lock=timezone.now() + timedelta(seconds=60))
    with CaptureQueriesContext(connection) as queries:
        cluster.wait_for_wakeup()
    assert OrmQ.objects.count() == 1 and len(queries) == round(cluster.LONGEST_LOOK / cluster.LOOK_INTERVAL)


def send() -> None:
    try:
        engine.start("example_first", source="test")
    finally:
        connection.close()


def test_the_pusher_looks_itself_now_and_then() -> None:
    begun = time.monotonic()
    cluster.wait_for_wakeup()
    assert time.monotonic() - begun < 4 * cluster.LONGEST_LOOK
