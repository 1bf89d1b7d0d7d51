"""When a worker comes back after a scheduled time, who wants to hear of that is told."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.utils import timezone

from jobs import engine
from jobs.models import RunRequest, Schedule
from jobs.scheduling import requests, schedules
from stashhog.ops.doctor.findings import Level
from stashhog.ops.doctor.work import of_schedules
from stashhog.ops.notifications.models import Channel, Message

pytestmark = pytest.mark.django_db


def test_it_is_written_for_the_channel_once_and_the_doctor_says_it() -> None:
    Channel.objects.create(name="phone", secret="x", service="JSON", causes=["run_missed"])
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *", enabled=True)
        (finding,) = of_schedules()
        assert (finding.level, finding.text) == (Level.OK, "the next job is due in 15\xa0hours")
    with time_machine.travel("2026-06-03T12:00:00Z", tick=False):
        schedules.start_due()
        schedules.start_due()
        (finding,) = of_schedules()
        assert finding.level == Level.WARN and "2 times were missed" in finding.text
    message = Message.objects.get()
    assert "Nightly" in message.title and "2 times were missed" in message.text


def outcomes(*found: tuple[int, str], now: int, **columns: Any) -> int:
    """How many went wrong, of a schedule with these outcomes on these days of June."""
    day = "2026-06-{:02}T03:00:00Z".format
    with time_machine.travel(day(1), tick=False):
        row = Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *", enabled=True)
    for number, outcome in found:
        with time_machine.travel(day(number), tick=False):
            row.occurrences.create(due_at=timezone.now(), outcome=outcome)
    Schedule.objects.update(**{"next_at": timezone.now(), **columns})
    with time_machine.travel(day(now), tick=False):
        return len(schedules.gone_wrong())


def test_a_missed_time_needs_somebody_until_a_later_one_went_well() -> None:
    assert outcomes((2, "missed"), (3, "missed"), now=4) == 1
    assert [one.due_at.day for one in schedules.gone_wrong()] == []  # a week has passed
    Schedule.objects.all().delete()
    assert outcomes((2, "missed"), (3, "started"), now=4) == 0


def test_one_that_can_t_start_needs_somebody_until_it_is_saved_or_switched_off() -> None:
    assert outcomes((2, "failed"), now=4) == 1
    Schedule.objects.get().save()
    with time_machine.travel("2026-06-04T03:00:00Z", tick=False):
        assert schedules.gone_wrong() == []
    Schedule.objects.all().delete()
    assert outcomes((2, "failed"), now=4, enabled=False) == 0
    Schedule.objects.all().delete()
    assert outcomes((2, "failed"), now=30, next_at=None) == 1, "it is stopped, and starts nothing"


def test_one_that_was_to_follow_and_could_not_be_started_is_told_too() -> None:
    Channel.objects.create(name="phone", secret="x", service="JSON", causes=["run_missed"])
    with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
        Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *", enabled=True)
        running = engine.start("sync", source="page")
    with time_machine.travel("2026-06-02T03:00:00Z", tick=False):
        schedules.start_due()
        assert not Message.objects.exists()
        RunRequest.objects.update(params={"gone": 1})
        engine.cancel(running.pk)
        requests.start_requested()
    message = Message.objects.get()
    assert "could not be started: Nightly" in message.title and "gone" in message.text


def test_what_a_trigger_asked_for_and_could_not_be_started_is_told_once() -> None:
    Channel.objects.create(name="phone", secret="x", service="JSON", causes=["run_missed"])
    for hour in range(4):
        with time_machine.travel(f"2026-06-02T{hour:02}:00:00Z", tick=False):
            if not hour:
                requests.request("trigger:x", "sync", source="trigger", reason="A download", params={"gone": 1})
            requests.start_requested()
    message = Message.objects.get()
    assert message.title == "A job could not be started: A download" and "gone" in message.text
