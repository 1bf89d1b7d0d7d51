"""A process that freezes in the middle of a write, with a lock in its hands."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from django.db import connection

from jobs import engine
from jobs.engine import process_id
from jobs.models import Event, Job, Status
from tests.load.hosts import hosts
from tests.processes import alive, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


def frozen_worker(job: Job) -> int:
    event = until(Event.objects.filter(job=job, kind="log").first, "the job to freeze", 30)
    pid = process_id.pid_here(event.data["worker"].replace("host-1|", process_id.current().split("|")[0] + "|"))
    assert pid is not None
    state = Path(f"/proc/{pid}/stat")
    until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", "the process to stand still", 10)
    return pid


def test_its_job_goes_on(tmp_path: Path) -> None:
    """PostgreSQL takes the lock from it after a lease's time. SQLite can't: there it goes on when the process does."""
    takes_locks_back = connection.vendor == "postgresql"
    with hosts(1, tmp_path / "journal"):
        job = engine.start("frozen_in_a_write", {}, source="test")
        frozen = frozen_worker(job)
        if not takes_locks_back:
            os.kill(frozen, signal.SIGCONT)
        ended = until(Job.objects.finished().filter(pk=job.pk).first, "the job to end", 30)
        assert (ended.status, ended.attempt) == (Status.COMPLETED, 2 if takes_locks_back else 1)
        os.kill(frozen, signal.SIGCONT)
        other = engine.start("items", {"items": 3}, source="test")
        until(Job.objects.finished().filter(pk=other.pk).first, "another job to end", 30)
        assert alive([frozen])
    assert job.events.filter(message="Written by the dead").exists() != takes_locks_back
