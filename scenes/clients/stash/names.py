"""When two names are the same one to Stash."""

from __future__ import annotations

from functools import lru_cache

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@lru_cache(maxsize=10_000)
def folded(name: str) -> str:
    """The name as Stash 0.30 compares it: trimmed, letter case ignored for ASCII only."""
    return name.strip().translate(_ASCII_LOWER)
