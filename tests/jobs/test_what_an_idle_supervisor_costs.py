"""While nothing is to be done, looking for work costs next to nothing, and what comes is noticed as soon as ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
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
POLLS = round(cluster.LONGEST_POLL / cluster.POLL_INTERVAL)
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


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens in each of the pusher's pauses, which take no time; one is taken out in each."""
    acts: list[Callable[[], None]] = [lambda: None] * POLLS
    monkeypatch.setattr(cluster.Waiter, "pause", lambda waiter, seconds: acts.pop(0)())
    return acts


def test_the_pusher_ends_its_wait_with_the_first_wakeup(pauses: list[Callable[[], None]]) -> None:
    pauses[2] = send
    cluster.wait_for_wakeup()
    assert OrmQ.objects.count() == 1 and len(pauses) == POLLS - 3


def test_the_pusher_waits_while_all_wakeups_are_delivered_and_workers_are_busy(
    pauses: list[Callable[[], None]],
) -> None:
    send()
    OrmQ.objects.update(lock=timezone.now() + timedelta(seconds=60))
    cluster.wait_for_wakeup()
    assert OrmQ.objects.count() == 1 and not pauses


def test_the_pusher_looks_itself_now_and_then(pauses: list[Callable[[], None]]) -> None:
    cluster.wait_for_wakeup()
    assert not pauses


def send() -> None:
    """By a connection of its own."""
    sending = threading.Thread(target=start_and_close)
    sending.start()
    sending.join()


def start_and_close() -> None:
    try:
        engine.start("example_first", source="test")
    finally:
        connection.close()
