"""The one place where any exception is caught: a fault in a task's code ends there and not in the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from jobs.errors import JobError
from jobs.models import Job

T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)  # what a database that is away, or locked for too long, answers with
logger = logging.getLogger("app.jobs.process_new_scenes_job")


def catch_errors(call: Callable[[], T], job: Job) -> T | JobError:
    """``call()``'s answer, or the error that it raised. A database that is away passes: that concerns all jobs."""
    try:
        # In a savepoint within a transaction: after an error of the database its rest would be refused.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            return call()
    except JobError as error:
        return error
    except AWAY:
        raise
    except Exception as error:
        logger.exception("Crashed run=%s job=%s", job.root_id, job.id)
        # Permanent: a fault of ours would happen again.
        text = f"A fault in StashHog: {type(error).__name__}: {error} The log of the worker has the details."
        return JobError("internal_error", text, permanent=True)
