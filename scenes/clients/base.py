"""What the clients of outside services have in common: one typed error, and the limits of a request.

Codes of a ServiceError, the same for every service:

==================  =========  ==============================================================
code                permanent  means
==================  =========  ==============================================================
bad_url             yes        the address in the settings is no http(s) address
unreachable         no         no connection
broken_off          no         the connection was closed before the whole answer was there
timeout             no         no answer in time; a write may still have been done
bad_certificate     yes        TLS: the server's certificate is not trusted
redirected          yes        the address answers with a redirect, which is not followed
wrong_address       no         404 or 405: something answers there, but not this service
unauthorized        yes        401: API key missing or wrong
forbidden           no         403: a rule of the server or of a proxy before it
rejected            no         the server understood and refused
invalid_query       yes        the server does not know our request (another version)
server_error        no         5xx
busy                no         "database is locked", 429
bad_answer          no         an answer that is not what the service is known to give
==================  =========  ==============================================================

Further ones belong to one client and are named there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from jobs.errors import JobError
from jobs.texts.translatable import joined

MAX_TEXT = 300  # characters of a service's own words in our messages


class ServiceError(JobError):
    """{service}: {message} {hint}

    ``code`` is a stable word (``unreachable``, ``unauthorized``, ``rejected``, ``timeout``, ``banned``…),
    ``hint`` says what a person can do about it. ``permanent`` errors are never retried by themselves.
    """

    def __init__(self, service: str, code: str, message: str, hint: str = "", *, permanent: bool = False):
        super().__init__(code, joined(" ", [joined(": ", [service, message]), hint]), permanent=permanent)
        self.service, self.problem, self.hint = service, message, hint


class TooLargeAnswer(ServiceError):
    """A ``bad_answer``: it is beyond its limit. Who can asks for less at once."""


@dataclass(frozen=True)
class Limits:
    """How long, in seconds, and how large, in bytes after unpacking, an answer may be."""

    connect: float = 5.0
    read: float = 30.0  # between two received chunks
    total: float = 60.0
    size: int = 256 * 1024 * 1024  # the ids and `updated_at` of a million scenes are about 60 MB

    def times(self, factor: int) -> Limits:
        """The same with more time to answer; whether somebody is there at all shows as fast as ever."""
        return replace(self, read=self.read * factor, total=self.total * factor)


READ = Limits()
WRITE = Limits(read=15.0, total=20.0)  # less than the lease of a job, so that its claim outlives the write
