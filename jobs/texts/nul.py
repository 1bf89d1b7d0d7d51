"""NUL characters, which PostgreSQL takes in no text."""

from __future__ import annotations

import re

# As JSON writes one: a text may have a backslash and "u0000" as well, and then its backslash is written twice.
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def has_nul(document: bytes) -> bool:
    """Whether a text in this JSON has a NUL character."""
    return _ESCAPED.search(document) is not None
