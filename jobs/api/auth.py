"""Who may use the API: any active user, with an API token or with the session of a login."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from jobs import tokens


class TokenAuth(HttpBearer):
    """`Authorization: Bearer …` with a token of `manage.py createtoken`; no CSRF token is needed."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        row = tokens.find(token)
        if row is None:
            return None
        request.user = row.user
        return row.user


class LoginAuth(SessionAuth):
    """The session of a logged-in user; whatever changes something needs the CSRF token too."""

    def __call__(self, request: HttpRequest) -> Any | None:
        # Without a login the answer is 401, not a complaint about the CSRF token.
        return super().__call__(request) if request.user.is_authenticated else None


AUTH = [TokenAuth(), LoginAuth()]
