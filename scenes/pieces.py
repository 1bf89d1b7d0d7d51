"""Long lists in pieces that one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

PIECE = 5000  # values in one IN (…): SQLite takes 32,766 parameters


def pieces(values: Iterable[T], size: int = PIECE) -> Iterator[list[T]]:
    """``values`` in lists of at most ``size``."""
    rest = iter(values)
    while piece := list(islice(rest, size)):
        yield piece
