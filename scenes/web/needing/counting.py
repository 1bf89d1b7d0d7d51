"""How much needs a person: as many as the page has causes, so that the badge is what it leads to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jobs.permissions import allowed
from scenes.permissions import VIEW
from scenes.web.needing import failures, questions

if TYPE_CHECKING:
    from jobs.permissions import AnyUser


KEPT = 3.0  # seconds


def count_for(user: AnyUser) -> int:
    """Causes that the page shows this user; 0 for who may not see it."""
    if not allowed(user, VIEW):
        return 0
    return len(failures.groups()) + len(questions.causes())


class RecentCount:
    """For what is on every page: counted at most every KEPT seconds, since it is the same for everybody."""

    def __init__(self) -> None:
        self.count, self.counted_at = 0, float("-inf")

    def of(self, user: AnyUser, *, fresh: bool = False) -> int:
        """``fresh``: it stands beside the list itself."""
        if not allowed(user, VIEW):
            return 0
        if fresh or time.monotonic() - self.counted_at > KEPT:
            self.count, self.counted_at = count_for(user), time.monotonic()
        return self.count

    def forget(self) -> None:
        self.counted_at = float("-inf")


recent_count = RecentCount()
