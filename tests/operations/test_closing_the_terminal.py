"""What `make run` started leaves when the terminal is closed or honcho is killed, and gives its jobs back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from jobs import engine
from jobs.models import Event, Job, Status, Supervisor
from jobs.worker.parent_watchdog import parent_of
from scenes.demo.processes import free_port
from tests.jobs import worker_examples  # noqa: F401 - registers the examples
from tests.processes import ROOT, alive, descendants, environment, started, until

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
EXAMPLES = {"DJANGO_SETTINGS_MODULE": "tests.jobs.example_app.settings"}
WITHIN = 15.0  # seconds


@pytest.fixture(autouse=True)
def _not_ignored() -> Iterator[None]:
    """The tests themselves may be run by `nohup`, whose children ignore it, too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def honcho(port: int) -> dict[str, str]:
    return {"STASHHOG_BIND": f"127.0.0.1:{port}", **EXAMPLES}


def start_slow() -> Job:
    job = engine.start("slow_example", {"seconds": 600}, source="test")
    until(Event.objects.filter(job=job, message="Begun").exists, "the job to be at work")
    return job


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def assert_requeued(job: Job) -> None:
    job.refresh_from_db()
    assert (job.status, job.attempt) == (Status.QUEUED, 1)
    assert Event.objects.filter(job=job, kind="requeued").count() == 1
    assert not Supervisor.objects.exists()


def close_terminal(pid: int) -> None:
    os.killpg(pid, signal.SIGHUP)


def kill_honcho_alone(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_its_helpers_too(pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)


@pytest.mark.parametrize("end", [close_terminal, kill_honcho_alone, kill_its_helpers_too])
def test_all_processes_leave_with_honcho_and_give_their_jobs_back(end: Callable[[int], None]) -> None:
    port = free_port()
    with started("manage.py", "run", **honcho(port)) as process:
        job = start_slow()
        until(lambda: answers(port), "the web process")
        processes = [process.pid, *descendants(process.pid)]
        end(process.pid)
        process.wait()
        try:
            until(lambda: not alive(processes), "all processes to be gone", WITHIN)
        finally:
            for pid in alive(processes):
                os.kill(pid, signal.SIGKILL)
    assert_requeued(job)


ORPHANED = """
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans come to this process, as to systemd's of a user
subprocess.run(f"setsid {sys.executable} manage.py worker &", shell=True)
os.wait()
"""


def test_a_worker_whose_helper_is_gone_before_its_first_look_leaves() -> None:
    with started("-c", ORPHANED, HONCHO_PROCESS_NAME="worker.1", **EXAMPLES) as process:
        until(lambda: process.poll() is not None, "the worker to leave", WITHIN)
    assert not Supervisor.objects.exists()


def test_a_worker_whose_own_terminal_is_closed_gives_its_job_back() -> None:
    with started("manage.py", "worker", **EXAMPLES) as process:
        job = start_slow()
        processes = [process.pid, *descendants(process.pid)]
        process.send_signal(signal.SIGHUP)
        until(lambda: not alive(processes), "all processes to be gone", WITHIN)
    assert_requeued(job)


def test_a_worker_in_the_background_of_a_shell_that_ends_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = f"nohup {sys.executable} manage.py worker > {log} 2>&1 & echo $!"
    shell = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env=environment(**EXAMPLES),
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    worker = int(shell.stdout)
    try:
        until(Supervisor.objects.exists, "the worker")
        os.kill(worker, signal.SIGHUP)
        job = engine.start("quick_example", source="test")
        until(Job.objects.filter(pk=job.pk, status=Status.COMPLETED).exists, "the job to be done")
    finally:
        os.kill(worker, signal.SIGTERM)
        until(lambda: not alive([worker]), "the worker to stop", WITHIN)


def test_the_parent_of_a_process_is_read_from_proc() -> None:
    assert parent_of(os.getpid()) == os.getppid()
    assert parent_of(2**22 + 1) is None
