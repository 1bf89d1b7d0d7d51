"""What a project tells of the items that its jobs handle, so that a card can name them, with links.

A project names its `Items` in JOBS_ITEMS; without one, cards have numbers alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

from jobs.conf import conf

if TYPE_CHECKING:
    from jobs.models import Job


@dataclass(frozen=True)
class Item:
    """Something that a job handled. ``kind`` and ``key`` are the project's own, for `Items.address`.

    ``reason``: why it failed, and what a person can do.
    """

    name: str
    reason: str = ""
    kind: str = ""
    key: str = ""

    @property
    def address(self) -> str:
        """The page on which it is looked at; empty where there is none."""
        return items().address(self.kind, self.key) if self.kind else ""


@dataclass(frozen=True)
class Done:
    """What came of a job, of one kind: "7 letters sent", of which the first are named. ``what`` is its address."""

    what: str
    sentence: str
    count: int
    first: list[Item] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.first)


class Items:
    """What can be asked. The lists are ordered by what stays as it is, so that they can be read page by page."""

    def failed(self, job: Job, at_once: int) -> Iterator[Item]:
        """Those that failed in this job since it was last started or retried: so far, or when it has just ended.

        All of them; ``at_once``: about so many are wanted, or are to be read together.
        """
        return iter(())

    def failing(self, jobs: Sequence[Job]) -> dict[uuid.UUID, int]:
        """How many failed in each of these jobs at work, by its id, where any did; asked with each change of a card."""
        return {}

    def done(self, job: Job) -> list[Done]:
        """What came of a job that has ended, or of a run: each kind with its first few items."""
        return []

    def page(self, job: Job, what: str, start: int, size: int) -> list[Item]:
        """Some of the items of a kind, from ``start`` on; empty for what it does not know."""
        return []

    def address(self, kind: str, key: str) -> str:
        """Of an item's page; empty where there is none."""
        return ""


@cache
def items() -> Items:
    return import_string(conf.items)() if conf.items else Items()
