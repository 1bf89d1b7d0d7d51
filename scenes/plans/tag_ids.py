"""The ids of the tags that changes name; missing ones are created, each name once a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.context import JobContext
from jobs.crash_points import crash_point
from scenes.clients.stash.client import ServiceError, StashClient
from scenes.clients.stash.names import folded
from scenes.clients.stash.rows import StashTag
from scenes.crash_points import CrashPoint
from scenes.models import Change
from scenes.plans.kinds import KINDS


def tag_name(change: Change) -> str:
    """The tag that the change names; "" for none."""
    return name_in(change.kind, change.value)


def name_in(kind: str, value: Mapping[str, Any]) -> str:
    """Likewise, of a change of this kind and value."""
    place = KINDS[kind].tag_in
    return str(value[place]) if place else ""


class TagIds:
    """Looks tags up in Stash, as its names are, not as our copy may remember them."""

    def __init__(self, job: JobContext, stash: StashClient, names: Iterable[str]):
        self.job, self.stash = job, stash
        found = stash.find_tags_by_name(names)
        self._tags = {folded(name): tag for name, tag in found.items()}
        self.refused: dict[str, str] = {}  # folded name → why Stash doesn't take it

    def id_of(self, name: str) -> str | None:
        tag = self._tags.get(folded(name))
        return tag.id if tag else None

    def used(self, names: Iterable[str]) -> list[StashTag]:
        """The tags behind these names, each once: several names may lead to the same one."""
        return list({tag.id: tag for name in names if (tag := self._tags.get(folded(name)))}.values())

    def make(self, names: Iterable[str]) -> None:
        """Create those that are not there. A name that Stash refuses is noted, and concerns no other name."""
        for name in names:
            key = folded(name)
            if key in self._tags or key in self.refused:
                continue
            self.job.checkpoint()
            try:
                self._tags[key] = self.stash.create_tag(name)
            except ServiceError as error:
                if error.code != "rejected":
                    raise
                self.refused[key] = error.message
            else:
                crash_point(CrashPoint.TAG_CREATED)
