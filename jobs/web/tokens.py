"""API tokens: made once, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from jobs.conf import conf
from jobs.models import ApiToken, Purpose, Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = conf.token_kind  # so that a token found in a file or log is known for what it is
FORM = re.compile(
    rf"({re.escape(KIND)}_[0-9a-f]{{12}})_[\w-]{{43}}", re.ASCII
)  # the first part is in the clear, and finds its row


def create(
    user: User,
    label: str = "",
    *,
    scope: str = Scope.RUN,
    expires_at: datetime | None = None,
    purpose: str = Purpose.ALL,
) -> str:
    """A new token of the user. It can't be shown again: only its digest is kept."""
    row = ApiToken(user=user, label=label, scope=scope, expires_at=expires_at, purpose=purpose)
    token = assign(row)
    row.save(force_insert=True)
    return token


def assign(row: ApiToken) -> str:
    """Give an unsaved row its secret, and return the token, for the one time that it is shown."""
    row.prefix = f"{KIND}_{secrets.token_hex(6)}"
    token = f"{row.prefix}_{secrets.token_urlsafe(32)}"
    row.digest = digest(token)
    return token


def digest(token: str) -> str:
    # A plain hash will do: the token is 256 random bits, not a password that could be guessed.
    return hashlib.sha256(token.encode()).hexdigest()


def from_header(header: str) -> str:
    """The token in the value of an Authorization header ("Bearer …"); empty when there is none."""
    scheme, _, token = header.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def find(token: str, purpose: str = Purpose.ALL) -> ApiToken | None:
    """The row of a valid token for this purpose.

    What its user may do is limited to its scope (`jobs.permissions.allowed`).
    A wrong one costs one look-up by its public part, and what has not the form of a token not even that.
    """
    form = FORM.fullmatch(token)
    row = form and ApiToken.objects.valid().select_related("user").filter(prefix=form[1], purpose=purpose).first()
    if not row or not hmac.compare_digest(row.digest, digest(token)):
        return None
    row.used(timezone.now())
    row.user.api_token = row  # type: ignore[attr-defined]
    return row
