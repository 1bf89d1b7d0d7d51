"""Who may use the API: any active user, with an API token or with the session of a login.

Whoever is in may read. A route that changes something names the permission it needs (`acting`); one that names none
is closed to everybody.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from jobs.permissions import require
from jobs.web import tokens

READING = ("GET", "HEAD", "OPTIONS")


class TokenAuth(HttpBearer):
    """`Authorization: Bearer …` with a token of `manage.py createtoken`; no CSRF token is needed."""

    def __init__(self, permission: str = ""):
        self.permission = permission
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        row = tokens.find(token)
        if row is None:
            return None
        request.user = row.user
        _check(request, self.permission)
        return row.user


class LoginAuth(SessionAuth):
    """The session of a logged-in user; whatever changes something needs the CSRF token too."""

    def __init__(self, permission: str = ""):
        self.permission = permission
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any | None:
        # Without a login the answer is 401, not a complaint about the CSRF token.
        if not request.user.is_authenticated:
            return None
        user = super().__call__(request)
        _check(request, self.permission)
        return user


def acting(permission: str) -> list[Any]:
    """For a route that changes something: who may use it. Checked before its body is looked at."""
    return [TokenAuth(permission), LoginAuth(permission)]


def _check(request: HttpRequest, permission: str) -> None:
    if permission or request.method not in READING:
        require(request.user, permission)


AUTH = [TokenAuth(), LoginAuth()]
