"""How long a job may show no progress: what its task declares, else the setting."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import testing
from jobs.context import JobContext
from jobs.declare.registry import get_task, task, types
from jobs.errors import JobError

pytestmark = pytest.mark.django_db(transaction=True)


def nothing(job: JobContext) -> None:
    """A task that does nothing."""


@pytest.fixture(scope="module", autouse=True)
def _examples() -> None:
    if "example_patient" not in types():
        task("example_patient", no_progress=3600.0)(nothing)
        task("example_hasty", no_progress=0.05)(nothing)
        task("example_usual")(nothing)


def looks_at_the_same(job: JobContext, most: int) -> int:
    """How often the same answer was given before the job was called stalled, at most ``most`` times."""
    for count, _ in enumerate(job.poll(lambda: "the same", 0.02, what="It", hint="Fix it."), 1):
        if count == most:
            return count
    raise AssertionError("poll ends by raising only")


def test_a_task_that_declares_a_long_one_outlives_the_setting(settings: Any) -> None:
    settings.JOBS_NO_PROGRESS = 0.05
    job = testing.context("example_patient")
    assert looks_at_the_same(job, 20) == 20
    assert not job.is_stalled()


@pytest.mark.parametrize(("type", "setting"), [("example_hasty", 3600.0), ("example_usual", 0.05)])
def test_a_task_that_declares_none_has_that_of_the_setting_and_the_message_says_how_long(
    settings: Any, type: str, setting: float
) -> None:
    settings.JOBS_NO_PROGRESS = setting
    job = testing.context(type)
    with pytest.raises(JobError, match=r"shows no progress for 0\.05 s\. Fix it\.") as caught:
        looks_at_the_same(job, 1000)
    assert (caught.value.code, caught.value.permanent) == ("stalled", False)


def test_who_is_not_heard_of_is_stalled_by_the_same_deadline(settings: Any) -> None:
    settings.JOBS_NO_PROGRESS = 0.0
    assert testing.context("example_usual").is_stalled()
    assert not testing.context("example_patient").is_stalled()


def test_stash_may_be_at_one_huge_film_for_longer_than_anything_else_takes(settings: Any) -> None:
    for name in ("stash_scan", "stash_generate"):
        assert (get_task(name).no_progress or 0) > settings.JOBS_NO_PROGRESS
