"""The error boundary: the one place that catches any exception, so that a bug in a task does not stop the engine."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from jobs.conf import conf
from jobs.errors import JobError
from jobs.models import Job
from jobs.texts.translatable import Translatable as _

T = TypeVar("T")
AWAY = (OperationalError, InterfaceError)  # raised when the database can't be reached, or is locked for too long
logger = logging.getLogger(conf.logger)


def catch_errors(call: Callable[[], T], job: Job) -> T | JobError:
    """``call()``'s result, or its exception as a JobError. Errors of AWAY are raised: they concern all jobs."""
    return catch_errors_of(call, f"run={job.root_id} job={job.id}")


def catch_errors_of(call: Callable[[], T], what: str) -> T | JobError:
    """The same for what is no job; ``what`` names it in the log."""
    try:
        # A savepoint inside a transaction: after a database error, PostgreSQL refuses the rest of it.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            return call()
    except JobError as error:
        return error
    except AWAY:
        raise
    except Exception as error:
        logger.exception("Crashed %s", what)
        return _internal(error)


async def catch_errors_in(call: Callable[[], Awaitable[T]], what: str) -> T | JobError:
    """The same for a coroutine, which runs outside of any transaction."""
    try:
        return await call()
    except JobError as error:
        return error
    except AWAY:
        raise
    except Exception as error:
        logger.exception("Crashed %s", what)
        return _internal(error)


def _internal(error: Exception) -> JobError:
    # Permanent: a bug would occur again.
    what = f"{type(error).__name__}: {error}"
    text = _("An internal error: {error} The log of the worker has the details.", error=what)
    return JobError("internal_error", text, permanent=True)
