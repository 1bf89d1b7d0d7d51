"""What counts as an id, and how many may be passed at once, whatever the entry point."""

from __future__ import annotations

from typing import Any

BIGGEST_ID = 2**63 - 1  # what a column takes
MAX_IDS = 50_000  # in one list: a job's parameters are stored in its row, which every list of jobs reads


def is_id(value: Any) -> bool:
    """Whether it is a whole number from 1 that a column takes; no text, no float, no true."""
    return type(value) is int and 1 <= value <= BIGGEST_ID


def id_of(text: str) -> int | None:
    """The id in a text of digits; None for any other text."""
    # The length first: Python refuses to read thousands of digits.
    number = int(text) if len(text) <= 19 and text.isascii() and text.isdecimal() else 0
    return number if is_id(number) else None
