"""A task that hangs where nothing wakes it, in a disk say: its job is called stalled, and goes on elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs import engine
from jobs.models import Event, Job, Status, Supervisor
from tests.outages.example_app import tasks  # noqa: F401 - registers the examples
from tests.processes import alive, descendants, started, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    os.mkfifo(tmp_path / "pipe")
    return str(tmp_path / "pipe")


@pytest.fixture
def worker() -> Iterator[int]:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.outages.example_app.settings", "STASHHOG_NO_PROGRESS": "1"}
    with started("manage.py", "worker", **settings) as process:
        until(Supervisor.objects.exists, "the worker")
        yield process.pid
        processes = descendants(process.pid)
    assert not alive(processes), "a hanging process is left"


def begin(pipe: str) -> Job:
    job = engine.start("hung_example", {"pipe": pipe}, source="test")
    Job.objects.filter(pk=job.pk).update(max_attempts=2, retry_delay=0.1)
    return job


def ended(job: Job) -> Callable[[], Job | None]:
    return lambda: Job.objects.finished().filter(pk=job.pk).first()


def test_a_hanging_task_is_called_stalled_tried_again_and_has_failed_then(worker: int, pipe: str) -> None:
    job = until(ended(begin(pipe)), "the job to end")
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "stalled", 2)
    assert job.error_message.startswith("Stalled: the task shows no progress for 1 s. A disk or a network share")
    retried = Event.objects.get(job=job, kind="retried")
    assert retried.message.startswith("Stalled: ") and "Attempt 2 of 2" in retried.message
    assert job.held_lock == ""
    other = until(
        ended(engine.start("busy_example", {}, source="test")), "another job to end beside the hanging workers"
    )
    assert (other.status, other.attempt) == (Status.COMPLETED, 1), "who is heard of is not stalled"


def test_what_woke_up_too_late_writes_nothing_any_more(worker: int, pipe: str) -> None:
    job = begin(pipe)
    until(lambda: Event.objects.filter(job=job, kind="retried").exists(), "the first attempt to be given up")
    until(ended(job), "the job to end")
    Path(pipe).write_bytes(b"Awake")
    done = until(ended(engine.start("busy_example", {}, source="test")), "another job")
    assert done.status == Status.COMPLETED
    job.refresh_from_db()
    assert job.status == Status.FAILED and job.message != "Read"


def test_a_hanging_task_that_is_cancelled_does_not_keep_its_lock(worker: int, pipe: str) -> None:
    job = begin(pipe)
    until(lambda: Job.objects.filter(pk=job.pk, message="Reading").exists(), "the task to hang")
    engine.cancel(job.pk)
    until(lambda: not Job.objects.exclude(held_lock="").exists(), "the lock to be free")
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
