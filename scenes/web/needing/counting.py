"""How much needs a person: as many as the page has needs, so that the badge is what it leads to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Count, Value

from jobs.permissions import allowed
from scenes.models import attempted
from scenes.permissions import VIEW
from scenes.web.needing import failures, project, questions, services

if TYPE_CHECKING:
    from jobs.permissions import AnyUser


KEPT = 3.0  # seconds


def count_for(user: AnyUser) -> int:
    """Needs that the page shows this user; 0 for who may not see it. A handful of queries, whatever there is."""
    if not allowed(user, VIEW):
        return 0
    first, *others = [*map(failures.counts_of, attempted()), *map(group_of, questions.ROWS)]
    counts: list[int] = [count for _, _, count in first.union(*others, all=True)]
    return sum(count > 0 for count in counts) + len(questions.others()) + len(services.needs()) + len(project.needs())


def group_of(key: str) -> Any:
    """How many rows there are of this question, in the columns of `failures.counts_of`."""
    named, nothing = Value(key, output_field=CharField()), Value("", output_field=CharField())
    rows = questions.ROWS[key]().order_by().annotate(of=named, by=nothing).values("of", "by")
    return rows.annotate(count=Count("pk")).values_list("of", "by", "count")


class RecentCount:
    """For what is on every page: counted at most every KEPT seconds, since it is the same for everybody."""

    def __init__(self) -> None:
        self.count, self.counted_at = 0, float("-inf")

    def of(self, user: AnyUser) -> int:
        if not allowed(user, VIEW):
            return 0
        if time.monotonic() - self.counted_at > KEPT:
            self.learn(count_for(user))
        return self.count

    def now(self, user: AnyUser) -> int:
        """Of one that stands beside what was found this moment."""
        self.forget()
        return self.of(user)

    def learn(self, count: int) -> None:
        """Somebody has just listed them all."""
        self.count, self.counted_at = count, time.monotonic()

    def forget(self) -> None:
        self.counted_at = float("-inf")


recent_count = RecentCount()
