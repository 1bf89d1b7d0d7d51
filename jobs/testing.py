"""For tests: jobs run inline, in this process and thread, without a cluster."""

from __future__ import annotations

from typing import Any

from jobs import engine
from jobs.context import JobContext
from jobs.models import Job
from jobs.worker.execution import run_job

__all__ = ["context", "run", "run_job", "work"]

MAX_CLAIMS = 10_000  # jobs in one call: a loop that never ends is a fault


def work() -> int:
    """Work until nothing is due; returns how many claims that took."""
    for count in range(MAX_CLAIMS):
        job = engine.claim_next()
        if job is None:
            return count
        while job is not None:
            job = run_job(job, watch=False)
    raise AssertionError("There is no end of work.")


def run(type: str, **params: Any) -> Job:
    """Start a job, work until nothing is due, and return its row."""
    job = engine.start(type, params, source="test")
    work()
    job.refresh_from_db()
    return job


def context(type: str, **params: Any) -> JobContext:
    """The context of a freshly started and claimed job, to call a task's parts directly."""
    started = engine.start(type, params, source="test")
    job = engine.claim_next(started.pk)
    assert job is not None and job.pk == started.pk
    return JobContext(job)
