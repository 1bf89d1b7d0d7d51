"""API tokens: made once, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from jobs.models import ApiToken

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PREFIX = "shog_"  # so that a token found in a file or log is known for what it is
USED_EVERY = timedelta(minutes=5)  # between two writes of `last_used_at`


def create(user: User, label: str = "") -> str:
    """A new token of the user. It can't be shown again: only its digest is kept."""
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, digest=digest(token), label=label)
    return token


def digest(token: str) -> str:
    # A plain hash will do: the token is 256 random bits, not a password that could be guessed.
    return hashlib.sha256(token.encode()).hexdigest()


def from_header(header: str) -> str:
    """The token in the value of an Authorization header ("Bearer …"); empty when there is none."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def find(token: str) -> ApiToken | None:
    """The row of a token whose user is active."""
    given = digest(token)
    row = ApiToken.objects.select_related("user").filter(digest=given, user__is_active=True).first()
    if row is None or not hmac.compare_digest(row.digest, given):
        return None
    _remember_use(row)
    return row


def _remember_use(row: ApiToken) -> None:
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
