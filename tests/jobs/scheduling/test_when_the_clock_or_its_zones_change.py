"""Clocks of hosts differ and are set, and time zones go with an upgrade of the system: no time is dealt with twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import engine, testing
from jobs.models import Job, Occurrence, QuietHours, RunRequest, Schedule
from jobs.scheduling import requests, schedules
from jobs.scheduling.scheduler import Scheduler
from tests.jobs import examples  # noqa: F401 - declares the tasks

pytestmark = pytest.mark.django_db
BEFORE, AT, LATER = "2026-06-02T03:29:55Z", "2026-06-02T03:30:00Z", "2026-06-02T03:30:30Z"
NEXT = "2026-06-03T03:30:00Z"


def nightly(**columns: object) -> Schedule:
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        return Schedule.objects.create(name="Nightly", cron="30 3 * * *", time_zone="UTC", enabled=True, **columns)


def test_a_supervisor_whose_clock_is_behind_does_not_start_it_a_second_time() -> None:
    nightly(job_type="example_workflow")
    with time_machine.travel(AT, tick=False):
        Scheduler().poll()
    with time_machine.travel(BEFORE, tick=False):
        Scheduler().poll()
    for moment in (AT, LATER):
        with time_machine.travel(moment, tick=False):
            Scheduler().poll()
            testing.work()
            Scheduler().poll()
    assert Job.objects.runs().count() == 1
    assert list(Occurrence.objects.values_list("outcome", flat=True)) == [Occurrence.Outcome.STARTED]


def test_what_a_clock_that_was_ahead_asked_for_is_started_all_the_same() -> None:
    with time_machine.travel("2031-01-01T00:00:00Z", tick=False):
        requests.request("a", "example", source="trigger", reason="It happened", wait=10, longest_wait=300)
    with time_machine.travel(AT, tick=False):
        requests.start_requested()
    assert Job.objects.count() == 1 and not RunRequest.objects.exists()


def test_a_schedule_whose_zone_is_gone_says_so_once_and_starts_nothing_until_it_is_corrected() -> None:
    schedule = nightly(job_type="example")
    Schedule.objects.update(time_zone="US/Gone")
    for moment in (AT, LATER, NEXT):
        with time_machine.travel(moment, tick=False):
            Scheduler().poll()
    failed = Occurrence.objects.get()
    assert failed.outcome == Occurrence.Outcome.FAILED and "US/Gone" in failed.message
    schedule.refresh_from_db()
    schedule.time_zone = "UTC"
    with time_machine.travel(NEXT, tick=False):
        schedule.save()
    with time_machine.travel("2026-06-04T03:30:00Z", tick=False):
        Scheduler().poll()
    assert Job.objects.count() == 1


def test_one_schedule_whose_zone_is_gone_keeps_no_other_from_being_corrected() -> None:
    nightly(job_type="example")
    Schedule.objects.update(name="A", time_zone="US/Gone")
    other = nightly(job_type="example")
    with time_machine.travel("2031-01-01T00:00:00Z", tick=False):
        other.save()
    with time_machine.travel(BEFORE, tick=False):
        schedules.correct()
    other.refresh_from_db()
    assert other.next_at and other.next_at.year == 2026


def test_quiet_hours_whose_zone_is_gone_go_by_the_installation_and_stop_no_supervisor() -> None:
    with time_machine.travel("2026-06-01T21:00:00Z", tick=False):
        hours = QuietHours(name="Night", begin=time(22), end=time(7), time_zone="UTC")
        hours.job_types = ["example"]
        hours.save()
    QuietHours.objects.update(time_zone="US/Gone")
    with time_machine.travel("2026-06-01T22:30:00Z", tick=False):
        job = engine.start("example", source="test")
        engine.recover()
        assert testing.work() == 0
    with time_machine.travel("2026-06-02T07:30:00Z", tick=False):
        engine.recover()
        assert testing.work() == 1
    job.refresh_from_db()
    assert not QuietHours.objects.active().exists()


def test_quiet_hours_do_not_begin_and_end_by_turns_where_clocks_of_hosts_differ() -> None:
    with time_machine.travel("2026-06-01T21:00:00Z", tick=False):
        hours = QuietHours(name="Night", begin=time(22), end=time(7), time_zone="UTC")
        hours.job_types = ["example"]
        hours.save()
    with time_machine.travel("2026-06-01T22:00:01Z", tick=False):
        QuietHours.objects.roll()
    with time_machine.travel("2026-06-01T21:59:57Z", tick=False):
        QuietHours.objects.roll()
    assert QuietHours.objects.active().exists()


@pytest.mark.parametrize("columns", [{"catch_up": False}, {"catch_up": True}, {"job_type": "gone"}])
def test_a_clock_that_was_ahead_and_comes_there_again_misses_the_same_times_and_goes_on(
    columns: dict[str, object],
) -> None:
    schedule = nightly(**{"job_type": "example", **columns})
    ahead = "2026-06-05T12:00:00Z"
    for moment in (ahead, "2026-06-01T13:00:00Z", ahead):
        with time_machine.travel(moment, tick=False):
            Scheduler().poll()
    schedule.refresh_from_db()
    assert schedule.next_at == datetime(2026, 6, 6, 3, 30, tzinfo=UTC)
    assert schedule.occurrences.filter(outcome=Occurrence.Outcome.MISSED).count() == 1
    with time_machine.travel("2026-06-06T03:30:00Z", tick=False):
        Scheduler().poll()
    assert schedule.occurrences.order_by("id").last().due_at == schedule.next_at  # type: ignore[union-attr]


def test_of_each_schedule_the_last_time_is_read_and_not_all_there_are() -> None:
    newest = {}
    for number in range(3):
        schedule = nightly_of(f"S{number}")
        for day in range(1, 40):
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
            newest[schedule.pk] = schedules.record(schedule, at, Occurrence.Outcome.STARTED).pk
    with CaptureQueriesContext(connection) as queries:
        found = schedules.last_occurrences()
    assert {pk: one.pk for pk, one in found.items()} == newest
    read = "; ".join(str(row) for query in queries for row in plan_of(query["sql"]))
    table = Occurrence._meta.db_table
    assert f"SCAN {table}" not in read and f"Seq Scan on {table}" not in read, read


def nightly_of(name: str) -> Schedule:
    return Schedule.objects.create(name=name, cron="30 3 * * *", time_zone="UTC", job_type="example")


def plan_of(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        return cursor.fetchall()
