"""How much is written to Stash in one request: what it does well within the time limit of a write.

A slow machine, or one that scans, may take ten times as long as another: so the first requests are small, and show it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

FIRST = 50  # items
MOST = 200  # items: 2,000 writes/s, hardly fewer than with 5,000, which went through as well
SECONDS = 3.0  # for one request; its limit is five times that, since the next one may be slower


class Portions:
    """Of one Stash, as it is now. ``size``: items."""

    def __init__(self) -> None:
        self.size = FIRST

    def of(self, items: Sequence[T]) -> Iterator[Sequence[T]]:
        """``items`` in portions; what is done with one before the next is asked for shows how large that may be."""
        start = 0
        while start < len(items):
            portion, begun = items[start : start + self.size], time.monotonic()
            yield portion
            start += len(portion)
            seconds = time.monotonic() - begun
            if seconds > SECONDS:
                self.size = max(1, int(len(portion) * SECONDS / seconds))
            elif len(portion) >= self.size:
                self.size = min(MOST, 2 * self.size)
