"""What apprise says while it sends: all that there is of why something was not sent, and whether it may have arrived.

It says so in its log alone, which may quote the address: so nothing that its logger is given gets beyond the filter
here (LOGGING in the settings), and only a status and the kind of trouble are taken over. What was not surely refused,
and may have left, may have arrived.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus

from jobs.texts.translatable import Translatable as _

STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b")
# Statuses of a gateway or server that gave up waiting, or got no sense of the one behind it (520, 522 and 524 are
# Cloudflare's), which says nothing of what became of the request.
WAITED_IN_VAIN = {408, 502, 504, 520, 522, 524}
# Of requests, urllib3 and the system, before anything of the message has left.
NOT_CONNECTED = re.compile(
    r"NewConnectionError|ConnectTimeoutError|NameResolutionError|Failed to establish a new connection|"
    r"Connection refused|No route to host|Network is unreachable|Name or service not known|"
    r"Temporary failure in name resolution|No address associated|CERTIFICATE_VERIFY_FAILED|WRONG_VERSION_NUMBER|"
    r"getaddrinfo failed"
)
REFUSED_BY_MAIL_SERVER = re.compile(r"\([45][0-9]{2}, b")
TOOK = re.compile(r"^Sent\b")  # how apprise begins to say that one of the targets took it
UNREACHABLE = re.compile(r"connection|socket|timed? ?out", re.IGNORECASE)


@dataclass
class CapturedLog:
    """What apprise said while one message was sent."""

    records: list[logging.LogRecord] = field(default_factory=list)

    def texts(self, level: int = logging.DEBUG) -> list[str]:
        return [record.getMessage() for record in self.records if record.levelno >= level]

    @property
    def was_taken_in_part(self) -> bool:
        """One of several targets, or the first of several parts, was taken."""
        return any(TOOK.match(text) for text in self.texts())

    @property
    def may_have_arrived(self) -> bool:
        """Whether nobody knows, so that it must not be sent a second time."""
        return self.was_taken_in_part or not (self._was_refused or self._was_not_connected)

    @property
    def reason(self) -> str:
        """A sentence of our own."""
        if self.was_taken_in_part:
            return _("some of its targets took it, others did not. Are all of them right?")
        if status := self._status:
            phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "unknown"
            return _(
                "it answered {status} ({phrase}). Is the address right, and does the service take it?",
                status=str(status),
                phrase=phrase,
            )
        if self._was_refused or not UNREACHABLE.search(" ".join(self.texts(logging.WARNING))):
            return _("it did not take the message. Is the address right?")
        if self._was_not_connected:
            return _("it can't be reached. Is it running, is its address right, and is this machine online?")
        return _("it did not answer. Is it overloaded?")

    @property
    def _status(self) -> int:
        found = STATUS.search(" ".join(self.texts(logging.WARNING)))
        return int(found[1]) if found else 0

    @property
    def _was_refused(self) -> bool:
        by_mail = any(REFUSED_BY_MAIL_SERVER.search(text) for text in self.texts())
        return by_mail or (self._status >= HTTPStatus.BAD_REQUEST and self._status not in WAITED_IN_VAIN)

    @property
    def _was_not_connected(self) -> bool:
        return any(NOT_CONNECTED.search(text) for text in self.texts())


# Of the thread that sends: several may do so at once, in a web process.
capturing: ContextVar[CapturedLog | None] = ContextVar("capturing", default=None)


class CaptureFilter(logging.Filter):
    """Of apprise's log: keeps what is said for whoever asked for it, and lets nothing go any further."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (captured := capturing.get()) is not None:
            captured.records.append(record)
        return False


@contextmanager
def captured_log() -> Iterator[CapturedLog]:
    """What apprise says inside."""
    token = capturing.set(captured := CapturedLog())
    try:
        yield captured
    finally:
        capturing.reset(token)
