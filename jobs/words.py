"""Sentences with numbers in them."""

from __future__ import annotations


def counted(count: int, singular: str, plural: str = "") -> str:
    """``1 job``, ``2,500 jobs``. ``plural`` when it is not the singular with an s."""
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"
