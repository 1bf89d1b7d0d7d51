"""A schedule starts its job at its times: once, by one supervisor, and after a downtime one at most."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import time_machine
from django.db import connection

from jobs import engine, testing
from jobs.errors import BadRequest
from jobs.models import Job, Occurrence, RunRequest, Schedule, Status
from jobs.scheduling import requests, schedules
from jobs.scheduling.scheduler import Scheduler
from tests.jobs import examples  # noqa: F401 - declares the tasks

pytestmark = pytest.mark.django_db
BERLIN = "Europe/Berlin"
BEFORE, AT, LATER = (f"2026-06-02T{at}+02:00" for at in ("03:29:59", "03:30:00", "03:30:30"))
Outcome = Occurrence.Outcome


def at(moment: str) -> Any:
    return time_machine.travel(moment, tick=False)


def nightly(**columns: Any) -> Schedule:
    defaults = {"name": "Nightly", "job_type": "example_workflow", "cron": "30 3 * * *", "time_zone": BERLIN}
    with at("2026-06-01T12:00:00+02:00"):
        return Schedule.objects.create(**{**defaults, "enabled": True, **columns})


def outcomes() -> list[tuple[str, int]]:
    return list(Occurrence.objects.order_by("id").values_list("outcome", "count"))


def test_it_starts_its_job_at_its_time_and_not_before_nor_again() -> None:
    schedule = nightly(params={"batches": 0})
    with at(BEFORE):
        schedules.start_due()
        assert not Job.objects.exists()
    for moment in (AT, LATER):
        with at(moment):
            schedules.start_due()
    job = Job.objects.get()
    assert (job.source, job.params["batches"], job.status) == ("schedule", 0, Status.QUEUED)
    assert schedule.occurrences.get().job == job
    schedule.refresh_from_db()
    assert schedule.next_at and schedule.next_at.isoformat() == "2026-06-03T01:30:00+00:00"


def test_it_is_off_until_somebody_switches_it_on() -> None:
    schedule = Schedule.objects.create(name="New", job_type="example", cron="* * * * *")
    assert (schedule.enabled, schedule.next_at) == (False, None)
    with at("2036-01-01T00:00:00Z"):
        schedules.start_due()
    assert not Job.objects.exists() and schedules.next_scheduled_time() is None


def test_the_next_time_of_all_is_known() -> None:
    nightly()
    nightly(name="Earlier", cron="0 2 * * *")
    assert str(schedules.next_scheduled_time()) == "2026-06-02 00:00:00+00:00"


@pytest.mark.parametrize(
    ("night", "moments"),
    [
        ("2026-03-28T12:00:00+01:00", ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]),
        ("2026-10-24T12:00:00+02:00", ["2026-10-25T00:29:59Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
    ],
)
def test_in_the_nights_in_which_the_clock_is_changed_it_starts_one(night: str, moments: list[str]) -> None:
    with at(night):
        Schedule.objects.create(name="A", job_type="example", cron="30 2 * * *", time_zone=BERLIN, enabled=True)
    counts = []
    for moment in moments:
        with at(moment):
            schedules.start_due()
        testing.work()
        counts.append(Job.objects.count())
    assert counts == [0, 1, 1]


def test_after_a_downtime_one_job_makes_up_for_all_and_what_was_missed_is_said() -> None:
    nightly()
    with at("2026-06-12T12:00:00+02:00"):
        schedules.start_due()
        schedules.start_due()
    assert Job.objects.runs().count() == 1
    assert outcomes() == [(Outcome.MISSED, 11), (Outcome.STARTED, 1)]
    missed = Occurrence.objects.get(outcome=Outcome.MISSED)
    assert missed.message == "No worker was running, so 11 times were missed. One job makes up for that."
    assert missed.due_at.isoformat() == "2026-06-02T01:30:00+00:00"


def test_or_none_does_if_that_was_chosen() -> None:
    schedule = nightly(catch_up=False)
    with at("2026-06-02T12:00:00+02:00"):
        schedules.start_due()
    assert not Job.objects.exists()
    assert schedule.occurrences.get().message.endswith("1 time was missed. Nothing makes up for that.")


def test_a_few_minutes_late_is_on_time() -> None:
    nightly(catch_up=False)
    with at("2026-06-02T03:34:00+02:00"):
        schedules.start_due()
    assert outcomes() == [(Outcome.STARTED, 1)]


def test_of_very_many_missed_times_only_so_many_are_counted() -> None:
    nightly(cron="* * * * *")
    with at("2027-06-02T12:00:00+02:00"):
        schedules.start_due()
        schedule = Schedule.objects.get()
        assert schedule.next_at and schedule.next_at.isoformat() == "2027-06-02T10:01:00+00:00"
    assert outcomes() == [(Outcome.MISSED, schedules.MAX_COUNTED), (Outcome.STARTED, 1)]


def test_while_one_is_active_one_more_follows_however_many_times_come() -> None:
    nightly(cron="*/10 * * * *")
    engine.start("example_workflow", source="page")
    for minute in (0, 10, 20):
        with at(f"2026-06-02T03:{minute:02}:00+02:00"):
            schedules.start_due()
            requests.start_requested()
    assert Job.objects.runs().count() == 1
    testing.work()
    with at("2026-06-02T03:21:00+02:00"):
        requests.start_requested()
        testing.work()
        requests.start_requested()
    assert Job.objects.runs().count() == 2 and not RunRequest.objects.exists()
    assert Occurrence.objects.filter(outcome=Outcome.FOLLOWS).last() is not None


def test_or_it_is_left_out_if_that_was_chosen() -> None:
    nightly(if_active=Schedule.IfActive.SKIP)
    engine.start("example_workflow", source="page")
    with at(AT):
        schedules.start_due()
        requests.start_requested()
    testing.work()
    with at(LATER):
        requests.start_requested()
    assert Job.objects.runs().count() == 1
    assert Occurrence.objects.get().outcome == Outcome.SKIPPED


def test_a_job_that_is_no_workflow_is_not_started_twice_at_once_either() -> None:
    nightly(job_type="example")
    engine.start("example", source="page")
    with at(AT):
        schedules.start_due()
    assert Job.objects.count() == 1 and outcomes() == [(Outcome.FOLLOWS, 1)]


def test_parameters_that_are_not_taken_any_more_are_said_and_keep_nothing_else_from_its_time() -> None:
    schedule = nightly()
    Schedule.objects.update(params={"gone": 1})
    nightly(name="Other", job_type="example")
    with at(AT):
        schedules.start_due()
    assert Job.objects.get().type == "example"
    failed = schedule.occurrences.get()
    assert failed.outcome == Outcome.FAILED and "Unknown parameter: gone" in failed.message
    schedule.refresh_from_db()
    assert schedule.next_at and schedule.next_at.day == 3, "it is not tried again each second"


def test_an_error_of_ours_in_one_keeps_no_other_from_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    nightly()
    nightly(name="Other", job_type="example")
    start = schedules.start

    def fail(type: str, *args: Any, **options: Any) -> Job:
        if type == "example":
            return start(type, *args, **options)
        raise KeyError("a bug")

    monkeypatch.setattr(schedules, "start", fail)
    with at(AT):
        Scheduler().poll()
    assert Job.objects.get().type == "example"
    assert Occurrence.objects.get(outcome=Outcome.FAILED).message.startswith("An internal error")


def test_a_change_counts_from_then_on() -> None:
    schedule = nightly()
    with at("2026-06-05T12:00:00+02:00"):
        schedule.cron = "0 13 * * *"
        schedule.save()
        schedules.start_due()
        assert not Occurrence.objects.exists(), "what was before is nothing missed"
        assert schedule.next_at and schedule.next_at.isoformat() == "2026-06-05T11:00:00+00:00"


def test_what_a_clock_that_was_ahead_put_off_is_brought_nearer() -> None:
    schedule = nightly()
    with at("2031-01-01T00:00:00Z"):
        schedule.save()
    with at(BEFORE):
        Scheduler().poll()
    with at(AT):
        schedules.start_due()
    assert Job.objects.count() == 1


def test_in_a_pause_its_job_waits_and_there_is_only_one() -> None:
    from jobs.scheduling import pausing

    nightly(cron="0 * * * *")
    pausing.pause(source="test")
    for hour in range(4, 9):
        with at(f"2026-06-02T0{hour}:00:00+02:00"):
            schedules.start_due()
            requests.start_requested()
            testing.work()
    assert Job.objects.runs().count() == 1 and RunRequest.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"cron": "x"}, {"time_zone": "Nowhere"}])
def test_a_schedule_that_can_never_come_is_not_saved(wrong: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        nightly(**wrong)
    assert not Schedule.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_supervisors_one_starts_it() -> None:
    nightly(job_type="example", cron="* * * * *")
    ready = threading.Barrier(4)

    def supervise() -> None:
        ready.wait()
        schedules.start_due()
        connection.close()

    with at(AT):
        threads = [threading.Thread(target=supervise) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert Job.objects.count() == 1
    assert Occurrence.objects.filter(outcome=Outcome.STARTED).count() == 1
