"""Who may use the API: whoever has a valid API token, or the session of a login, and the route's permission.

Each route names the permission that it needs (`acting`); one that names none is closed to everybody. Whoever sends a
token is asked for that alone: a wrong one does not fall back to a login.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from jobs.permissions import require
from jobs.web import tokens


class TokenAuth(HttpBearer):
    """`Authorization: Bearer …` with a token of the admin or of `manage.py createtoken`; no CSRF token is needed."""

    def __init__(self, permission: str = ""):
        self.permission = permission
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        row = tokens.find(token)
        if row is None:
            return None
        request.user = row.user
        require(request.user, self.permission)
        return row.user


class LoginAuth(SessionAuth):
    """The session of a logged-in user; whatever changes something needs the CSRF token too."""

    def __init__(self, permission: str = ""):
        self.permission = permission
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any | None:
        # Without a login the answer is 401, not a complaint about the CSRF token.
        if not request.user.is_authenticated or "Authorization" in request.headers:
            return None
        user = super().__call__(request)
        require(request.user, self.permission)
        return user


def acting(permission: str) -> list[Any]:
    """For a route: only who has this permission gets in. Checked before its body is looked at."""
    return [TokenAuth(permission), LoginAuth(permission)]


AUTH = [TokenAuth(), LoginAuth()]
