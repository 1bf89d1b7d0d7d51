"""What the clients of outside services have in common: one typed error."""

from __future__ import annotations


class ServiceError(Exception):
    """{service}: {message} {hint}

    ``code`` is a stable word (``unreachable``, ``unauthorized``, ``rejected``, ``timeout``, ``banned``…),
    ``hint`` says what a person can do about it. ``permanent`` errors are never retried by themselves.
    """

    def __init__(self, service: str, code: str, message: str, hint: str = "", *, permanent: bool = False):
        super().__init__(f"{service}: {message} {hint}".strip())
        self.service, self.code, self.message, self.hint = service, code, message, hint
        self.permanent = permanent
