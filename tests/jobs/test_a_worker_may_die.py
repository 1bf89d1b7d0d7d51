"""Real clusters and real SIGKILLs: what a dead process was doing goes on elsewhere, and nothing stays behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from jobs import engine
from jobs.engine import process_id
from jobs.models import Event, Job, Status, Supervisor
from tests.jobs import worker_examples  # noqa: F401 - registers the examples
from tests.processes import alive, descendants, started, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@pytest.fixture
def worker() -> Iterator[int]:
    """The pid of a `manage.py worker` that is alive."""
    with started("manage.py", "worker", DJANGO_SETTINGS_MODULE="tests.jobs.example_app.settings") as process:
        until(Supervisor.objects.exists, "the supervisor's sign of life")
        yield process.pid


def running(job: Job) -> Callable[[], Job | None]:
    return lambda: Job.objects.filter(pk=job.pk, status=Status.RUNNING).exclude(claim_token=None).first()


def worker_of(job: Job) -> int:
    claimed = until(running(job), "the job to be claimed")
    pid = process_id.pid_here(claimed.claimed_by)
    assert pid is not None
    return pid


def ended(job: Job) -> Callable[[], Job | None]:
    return lambda: Job.objects.finished().filter(pk=job.pk).first()


def test_a_workflow_runs_to_its_end_on_a_real_cluster(worker: int) -> None:
    run = engine.start("quick_workflow", {"batches": 6}, source="test")
    assert until(ended(run), "the run to end").status == Status.COMPLETED
    assert run.sub_jobs.filter(status=Status.COMPLETED).count() == 14


def test_the_job_of_a_killed_worker_goes_on_in_another_process(worker: int) -> None:
    job = engine.start("slow_example", {"seconds": 5}, source="test")
    killed = worker_of(job)
    os.kill(killed, signal.SIGKILL)
    until(lambda: Job.objects.filter(pk=job.pk, attempt=2, status=Status.RUNNING).exists(), "the second attempt")
    assert worker_of(job) != killed
    assert until(ended(job), "the job to end").status == Status.COMPLETED


def test_killed_idle_workers_do_not_make_the_cluster_unresponsive(worker: int) -> None:
    until(lambda: len(descendants(worker)) >= 8, "main process, sentinel, monitor, pusher and 4 workers")
    quick = engine.start("quick_example", {}, source="test")
    until(ended(quick), "the cluster to be up")
    _main, _sentinel, *rest = descendants(worker)
    for pid in rest:
        os.kill(pid, signal.SIGKILL)
    run = engine.start("quick_workflow", {}, source="test")
    assert until(ended(run), "the run to end").status == Status.COMPLETED


@pytest.mark.parametrize("victim", [0, 1], ids=["main process", "sentinel"])
def test_a_cluster_whose_main_process_died_is_replaced(worker: int, victim: int) -> None:
    job = engine.start("slow_example", {"seconds": 3}, source="test")
    worker_of(job)
    before = descendants(worker)
    os.kill(before[victim], signal.SIGKILL)
    assert until(ended(job), "the job to end").status == Status.COMPLETED
    assert not alive(before), "a process of the old cluster goes on"


def test_a_poison_job_stops_after_its_attempts(worker: int) -> None:
    job = engine.start("slow_example", {}, source="test")
    Job.objects.filter(pk=job.pk).update(max_attempts=2)
    for attempt in (1, 2):
        until(Job.objects.filter(pk=job.pk, attempt=attempt).exists, f"attempt {attempt}")
        os.kill(worker_of(job), signal.SIGKILL)
    failed = until(ended(job), "the job to end")
    assert (failed.status, failed.error_code) == (Status.FAILED, "worker_lost")
    assert "2 times" in failed.error_message


def test_sigterm_gives_the_job_back_at_no_cost_and_leaves_no_process() -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.jobs.example_app.settings"}
    with started("manage.py", "worker", **settings) as process:
        job = engine.start("slow_example", {"seconds": 600}, source="test")
        worker_of(job)
        processes = descendants(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert not alive(processes)
    job.refresh_from_db()
    assert (job.status, job.attempt, job.claim_token) == (Status.QUEUED, 1, None)
    assert Event.objects.filter(job=job, kind="requeued").exists()
    assert not Supervisor.objects.exists()
    with started("manage.py", "worker", **settings):
        worker_of(job)


def test_a_killed_supervisor_takes_its_cluster_with_it() -> None:
    with started("manage.py", "worker", DJANGO_SETTINGS_MODULE="tests.jobs.example_app.settings") as process:
        job = engine.start("slow_example", {}, source="test")
        worker_of(job)
        processes = descendants(process.pid)
        process.kill()
        until(lambda: not alive(processes), "all processes to be gone", 10)
    assert engine.recover() == 1
    job.refresh_from_db()
    assert (job.status, job.attempt) == (Status.QUEUED, 2)


def test_a_running_job_is_cancelled_within_a_moment_and_its_worker_is_free_again(worker: int) -> None:
    job = engine.start("slow_example", {}, source="test")
    worker_of(job)
    engine.cancel(job.pk)
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    until(lambda: Event.objects.filter(job=job, kind="cleaned_up").exists(), "the worker to clean up", 5)
