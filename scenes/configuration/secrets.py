"""Secrets as they lie in the database: encrypted with a key that is made from Django's secret key.

So whoever has the database alone, a backup of it say, has no password. Fernet (AES-128-CBC with an HMAC) proves by
itself whether a value was encrypted with this key (https://cryptography.io/en/latest/fernet/). HKDF, since the secret
key is a text of any length and signs other things, too.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from jobs.texts.translatable import Translatable as _

if TYPE_CHECKING:  # the package takes a good part of a second's tenth, and most processes read no secret
    from cryptography.fernet import Fernet

PURPOSE = b"stashhog: settings in the database"
UNREADABLE = _(
    "The stored value can't be decrypted, so it counts as unset: the secret key (environment variable "
    "STASHHOG_SECRET_KEY, or the file secret_key in the data folder) is not the one that it was stored with. Enter it "
    "again, or bring the old key back."
)


class UnreadableSecret(ValueError):
    """It was encrypted with another key, or is damaged."""

    def __init__(self) -> None:
        super().__init__(UNREADABLE)


def encrypted(text: str) -> str:
    return _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode()


def decrypted(token: str) -> str:
    """Raises UnreadableSecret."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet(settings.SECRET_KEY).decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise UnreadableSecret from None


@lru_cache(maxsize=2)
def _fernet(secret_key: str) -> Fernet:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))
