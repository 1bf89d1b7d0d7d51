"""In quiet hours no jobs of their types are begun; each says why, and until when."""

from __future__ import annotations

from datetime import time

import pytest
import time_machine

from jobs import engine, testing
from jobs.errors import BadRequest
from jobs.models import Event, QuietHours, Status
from jobs.worker import heartbeat
from tests.jobs import examples  # noqa: F401 - declares the tasks

pytestmark = pytest.mark.django_db
BERLIN = "Europe/Berlin"


def night(begin: int = 22, end: int = 7, *types: str, **columns: bool) -> QuietHours:
    hours = QuietHours(name="Night", begin=time(begin), end=time(end), time_zone=BERLIN, **columns)
    hours.job_types = list(types or ["example"])
    hours.save()
    return hours


@time_machine.travel("2026-06-01T21:59:00+02:00", tick=False)
def test_over_midnight_they_begin_and_end_by_the_clock_there() -> None:
    night()
    with time_machine.travel("2026-06-01T22:00:00+02:00", tick=False):
        job = engine.start("example", source="test")
        engine.recover()
        assert testing.work() == 0
        job.refresh_from_db()
        assert job.message == "Quiet hours until 07:00 (Europe/Berlin)"
    with time_machine.travel("2026-06-02T06:59:59+02:00", tick=False):
        engine.recover()
        assert testing.work() == 0
    with time_machine.travel("2026-06-02T07:00:00+02:00", tick=False):
        engine.recover()
        job.refresh_from_db()
        assert job.message == ""
        assert testing.work() == 1
    with time_machine.travel("2026-06-02T23:00:00+02:00", tick=False):
        engine.recover()
        assert QuietHours.objects.active().exists(), "each night again"


@time_machine.travel("2026-06-01T12:00:00+02:00", tick=False)
def test_other_types_go_on() -> None:
    night(11, 13, "example_first", "exampl", "example_lockedX")
    assert testing.run("example").status == Status.COMPLETED
    assert testing.run("example_locked").status == Status.COMPLETED
    assert testing.run("example_first").status == Status.QUEUED


@time_machine.travel("2026-06-01T12:00:00+02:00", tick=False)
def test_a_run_goes_as_far_as_it_may_and_says_what_it_waits_for() -> None:
    night(11, 13, "example_first")
    run = testing.run("example_workflow")
    engine.recover()
    assert run.steps.get(key="needed").status == Status.COMPLETED
    waiting = run.sub_jobs.filter(type="example_first")
    assert set(waiting.values_list("status", "message")) == {(Status.QUEUED, "Quiet hours until 13:00 (Europe/Berlin)")}
    with time_machine.travel("2026-06-01T13:00:00+02:00", tick=False):
        engine.recover()
        testing.work()
        run.refresh_from_db()
        assert run.status == Status.COMPLETED


def test_what_runs_when_they_begin_goes_on_to_its_end() -> None:
    with time_machine.travel("2026-06-01T21:59:59+02:00", tick=False):
        night()
        context = testing.context("example")
    with time_machine.travel("2026-06-01T22:00:00+02:00", tick=False):
        engine.recover()
        heartbeat.Heartbeat().poll(context)
        testing.run_job(context.job, watch=False)
    context.job.refresh_from_db()
    assert context.job.status == Status.COMPLETED


@time_machine.travel("2026-06-01T12:00:00+02:00", tick=False)
def test_requeued_it_says_why_and_costs_no_attempt() -> None:
    context = testing.context("example")
    night(11, 13, requeue_running=True)
    heartbeat.Heartbeat().poll(context)
    engine.requeue(context)
    context.job.refresh_from_db()
    assert (context.job.status, context.job.attempt) == (Status.QUEUED, 1)
    assert Event.objects.get(kind="requeued").message == "Quiet hours until 13:00 (Europe/Berlin)"


@pytest.mark.parametrize(
    ("now", "begins", "ends"),
    [
        # The night in which 2:00 is 3:00: what begins at a time that isn't there begins then.
        ("2026-03-28T12:00:00+01:00", "2026-03-29T01:00:00+00:00", "2026-03-29T05:00:00+00:00"),
        # The night in which 3:00 is 2:00: from the first 2:30 on.
        ("2026-10-24T12:00:00+02:00", "2026-10-25T00:30:00+00:00", "2026-10-25T06:00:00+00:00"),
    ],
)
def test_when_the_clock_is_changed_they_are_as_the_clock_shows_them(now: str, begins: str, ends: str) -> None:
    with time_machine.travel(now, tick=False):
        hours = QuietHours(name="Night", begin=time(2, 30), end=time(7), time_zone=BERLIN)
        hours.save()
    assert hours.begins_at and hours.ends_at
    assert (hours.begins_at.isoformat(), hours.ends_at.isoformat()) == (begins, ends)


def test_an_end_that_the_night_has_twice_is_the_second_one() -> None:
    with time_machine.travel("2026-10-24T12:00:00+02:00", tick=False):
        hours = QuietHours(name="Night", begin=time(22), end=time(2, 30), time_zone=BERLIN)
        hours.save()
    assert hours.ends_at and hours.ends_at.isoformat() == "2026-10-25T01:30:00+00:00"


@time_machine.travel("2026-06-01T12:00:00+02:00", tick=False)
def test_switched_off_they_are_no_more() -> None:
    hours = night(11, 13)
    hours.enabled = False
    hours.save()
    engine.recover()
    assert testing.run("example").status == Status.COMPLETED


@time_machine.travel("2030-06-01T12:00:00+02:00", tick=False)
def test_a_clock_that_was_wrong_when_they_were_made_does_not_put_them_off() -> None:
    night(22, 7)
    with time_machine.travel("2026-06-01T23:00:00+02:00", tick=False):
        engine.recover()
        assert QuietHours.objects.active().exists()


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(BadRequest, match="There is no time zone"):
        QuietHours(name="Night", begin=time(22), end=time(7), time_zone="Nowhere").save()
