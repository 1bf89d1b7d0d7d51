"""Whose work a line of the log is about: the run, its step, and the job that this thread is at."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.models import Job

NAMES = ("run", "step", "job")
_ids: ContextVar[dict[str, str] | None] = ContextVar("ids of the job", default=None)


def ids_of(job: Job, step: str = "") -> dict[str, str]:
    """As attributes of a log record. A job that is no sub-job is its own run."""
    key = step or (job.step.key if job.step_id and job.step else "")
    return {"run": str(job.root_id), "step": key, "job": str(job.pk)}


@contextmanager
def at_work(job: Job) -> Iterator[None]:
    """For the time of the block, in this thread and in the calls that it waits for, lines are about this job."""
    token = _ids.set(ids_of(job))
    try:
        yield
    finally:
        _ids.reset(token)


class LogIds(logging.Filter):
    """Drops nothing: it gives each record the ids, unless it came with some (``extra``)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "job"):
            vars(record).update(_ids.get() or {})
        return True
