"""The typed errors of jobs, and the signals that unwind a task."""

from __future__ import annotations

import uuid

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, shortened

MAX_MESSAGE_LENGTH = 2000  # characters; a message may quote another program


class JobError(Exception):
    """{message}

    Ends an attempt. ``code`` is a stable word, ``message`` a sentence a person can act on. A ``permanent``
    error is never retried by itself.
    """

    def __init__(self, code: str, message: str, *, permanent: bool = False):
        super().__init__(message)
        self.code, self.message, self.permanent = code, shortened(message, MAX_MESSAGE_LENGTH), permanent


def stalled(what: str, hint: str, seconds: float) -> JobError:
    """The error of ``what`` that made no progress for so many seconds; ``hint`` says what a person can do."""
    span = _("{seconds:g} minutes", seconds=seconds / 60) if seconds >= 120 else _("{seconds:g} s", seconds=seconds)
    sentence = _("Stalled: {what} shows no progress for {span}.", what=what, span=span)
    return JobError("stalled", joined(" ", [sentence, hint]))


class BadRequest(ValueError):
    """{message}: the job can't be started as asked (unknown type or parameter, a value out of range)."""


class AlreadyRunning(Exception):
    """One is running already: {active_id}."""

    def __init__(self, active_id: uuid.UUID | None):
        super().__init__(_("One is running already: job {id}.", id=active_id))
        self.active_id = active_id


class NotPossible(Exception):
    """{message}: the job is not in a state for this (to cancel a finished one, say)."""


class Unwind(BaseException):
    """Leave the task now. A BaseException, so that no handler of errors in a task can swallow it."""


class Cancelled(Unwind):
    """Somebody cancelled the job."""


class Stopping(Unwind):
    """The worker is being stopped; the job is requeued and goes on elsewhere."""


class ClaimLost(Unwind):
    """Another worker has the claim; nothing may be written any more."""
