"""``icontains`` as people read: a capital is its small letter, also beyond ASCII, and an ü is one however it is
written.

SQLite's LIKE knows the case of ASCII alone, but its GLOB takes sets of letters. Macs write names decomposed, an ü as a
u and two dots; who types it, types one letter.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db.models import CharField, TextField
from django.db.models.lookups import IContains


def forms(word: str) -> list[str]:
    """The word composed and decomposed; itself where that is the same."""
    return list(dict.fromkeys(unicodedata.normalize(form, word) for form in ("NFC", "NFD")))


def pattern(word: str) -> str:
    """For GLOB: whatever has the word in it."""
    return f"*{''.join(map(any_case, word))}*"


def any_case(letter: str) -> str:
    cases = "".join(case for case in dict.fromkeys((letter, letter.lower(), letter.upper())) if len(case) == 1)
    return f"[{cases}]" if len(cases) > 1 or letter in "*?[" else letter


@CharField.register_lookup
@TextField.register_lookup
class ContainsAsRead(IContains):
    """Django's own for a word that is ASCII, and for what is no word."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not isinstance(self.rhs, str) or self.rhs.isascii():
            return super().as_sql(compiler, connection)
        compared = self.glob if connection.vendor == "sqlite" else self.like
        found = [compared(form, compiler, connection) for form in forms(self.rhs)]
        return f"({' OR '.join(sql for sql, _ in found)})", tuple(param for _, params in found for param in params)

    def glob(self, form: str, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} GLOB %s", (*params, pattern(form))

    def like(self, form: str, compiler: Any, connection: Any) -> tuple[str, Any]:
        return IContains(self.lhs, form).as_sql(compiler, connection)
