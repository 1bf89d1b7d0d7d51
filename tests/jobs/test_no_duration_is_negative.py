"""The clock is set back while something runs: nothing ends before it began, and no duration is below 0."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jobs import engine, testing
from jobs.errors import JobError
from jobs.models import Job, Status, Step
from jobs.templatetags.jobs import duration
from scenes.configuration.run_defaults import STEPS
from tests.jobs import examples
from tests.web.factories import make_job, make_token, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def set_back(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Sets the clock back by an hour, each time."""
    behind, real = [timedelta()], timezone.now

    def now() -> datetime:
        return real() - behind[0]

    def do() -> None:
        behind[0] += HOUR

    monkeypatch.setattr(timezone, "now", now)
    return do


@pytest.fixture(autouse=True)
def behave() -> Iterator[None]:
    yield
    examples.behaviour.clear()


def numbers(value: Any, name: str) -> Iterator[float]:
    """The values of this name anywhere in JSON."""
    if isinstance(value, dict):
        yield from (value[name],) if name in value else ()
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item, name)


def assert_no_duration_is_negative() -> None:
    for row in [*Job.objects.all(), *Step.objects.all()]:
        assert row.duration_seconds is None or row.duration_seconds >= 0, row
        assert not row.started_at or not row.finished_at or row.finished_at >= row.started_at, row
    user = make_user()
    program = Client(headers={"authorization": f"Bearer {make_token(user)}"})
    states = program.get("/api/jobs?sub_jobs=true").json()
    assert all(seconds is None or seconds >= 0 for seconds in numbers(states, "duration_seconds"))
    browser = Client()
    browser.force_login(user)
    for job in Job.objects.all():
        for address in (reverse("job", args=[job.pk]), reverse("admin:jobs_job_change", args=[job.pk]), "/jobs/", "/"):
            assert not re.search(r">\s*-\d+ (h|min|s)\b", browser.get(address).text)


def test_in_a_task_that_completes(set_back: Callable[[], None]) -> None:
    examples.behaviour["example"] = set_back
    job = testing.run("example")
    assert job.status == Status.COMPLETED
    assert_no_duration_is_negative()


def test_in_a_run_with_steps_and_batches(set_back: Callable[[], None]) -> None:
    for key in ("needed", "example", "batches", "example_first", "example_second", "last", "example_locked"):
        examples.behaviour[key] = set_back
    run = testing.run("example_workflow")
    assert run.status == Status.COMPLETED
    assert_no_duration_is_negative()


def test_in_a_task_that_fails(set_back: Callable[[], None]) -> None:
    def fail() -> JobError:
        set_back()
        return JobError("away", "The service is away.", permanent=True)

    examples.behaviour["example"] = fail
    assert testing.run("example").status == Status.FAILED
    assert_no_duration_is_negative()


def test_before_a_run_is_cancelled_with_a_sub_job_that_was_requeued(set_back: Callable[[], None]) -> None:
    run = engine.start("example_workflow", {}, source="test")
    claimed = engine.claim_next(run.pk)
    assert claimed
    testing.run_job(claimed, watch=False)
    run.sub_jobs.update(status=Status.QUEUED, claim_token=None, started_at=timezone.now())
    set_back()
    engine.cancel(run.pk)
    assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert_no_duration_is_negative()


def test_while_it_still_runs(set_back: Callable[[], None]) -> None:
    job = make_job("sync", Status.RUNNING)
    set_back()
    assert job.duration_seconds == 0
    assert_no_duration_is_negative()


def test_in_the_result_of_process_new_scenes(set_back: Callable[[], None]) -> None:
    run = engine.start("process_new_scenes", {"skip": list(STEPS)}, source="test")
    Job.objects.filter(pk=run.pk).update(started_at=timezone.now())
    set_back()
    testing.work()
    run.refresh_from_db()
    assert run.status == Status.COMPLETED
    assert all(seconds is None or seconds >= 0 for seconds in numbers(run.result, "duration_seconds"))
    assert_no_duration_is_negative()


def test_a_duration_of_any_row_is_shown_as_0_s() -> None:
    assert duration(-3600.0) == "0 s"
