"""Two supervisors, as on two hosts: a schedule's job and a requested one are started once, and a pause stops both."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import engine
from jobs.models import Event, Job, Occurrence, Schedule, Status, Supervisor
from jobs.scheduling import pausing
from jobs.scheduling.requests import request
from tests.jobs import worker_examples  # noqa: F401 - declares the tasks
from tests.processes import started, until

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.jobs.example_app.settings", "STASHHOG_WORKERS": "1"}


def count(status: Status, **columns: object) -> int:
    return Job.objects.runs().filter(status=status, **columns).count()


def test_they_start_one_each_and_a_pause_gives_back_what_runs() -> None:
    # Due once: its next time could come while its job is at work, on a slow machine, and one more would follow.
    Schedule.objects.create(name="Once a year", job_type="quick_workflow", cron="0 4 1 1 *", enabled=True)
    Schedule.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    slow = engine.start("slow_example", {"seconds": 600}, source="test")
    with started("manage.py", "worker", **SETTINGS), started("manage.py", "worker", **SETTINGS):
        until(lambda: Supervisor.objects.count() == 2, "both supervisors")
        until(lambda: count(Status.COMPLETED, type="quick_workflow"), "the job of the schedule")
        request("a", "quick_example", source="trigger", reason="It happened")
        until(lambda: count(Status.COMPLETED, type="quick_example"), "the requested job")
        until(lambda: count(Status.RUNNING, pk=slow.pk), "the slow job")
        pausing.pause(source="test", requeue_running=True)
        until(lambda: count(Status.QUEUED, pk=slow.pk), "the slow job to be queued again")
        waiting = engine.start("quick_example", source="test")
        until(lambda: Job.objects.get(pk=waiting.pk).message == "Paused", "the reason in what waits")
        assert Job.objects.get(pk=slow.pk).attempt == 1
        pausing.resume()
        until(lambda: count(Status.COMPLETED, pk=waiting.pk), "what waited")
        until(lambda: count(Status.RUNNING, pk=slow.pk), "the slow job again")
    messages = [event.message for event in Event.objects.filter(job=slow, kind="requeued")]
    assert messages.count("Paused") == 1
    assert Occurrence.objects.count() == 1
    assert Job.objects.filter(type="quick_workflow").count() == 1
    assert Job.objects.filter(type="quick_example", source="trigger").count() == 1
