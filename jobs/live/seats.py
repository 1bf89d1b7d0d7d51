"""How many connections that stay open a process has: of one user, and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Seats:
    """Those of one kind. A user who opens too many is refused before all others are."""

    def __init__(self, of_a_user: int, in_all: int):
        self.of_a_user, self.in_all = of_a_user, in_all
        self.taken: Counter[int] = Counter()  # by user

    def has_room_for(self, user_id: int) -> bool:
        return self.taken[user_id] < self.of_a_user and self.taken.total() < self.in_all

    @contextmanager
    def take(self, user_id: int) -> Iterator[None]:
        """One seat for the duration of the block."""
        self.taken[user_id] += 1
        try:
            yield
        finally:
            self.taken[user_id] -= 1
            if not self.taken[user_id]:
                del self.taken[user_id]
