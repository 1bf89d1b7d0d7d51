"""Whose fault it is that Stash made nothing of some items: their own, or that of a disk, a mapping or Stash itself.

A disk that is away or full looks like broken files, item by item, and would quarantine a whole library in three
runs. So failures are held until something else of the same place came out well: then they are the items' own. When
nothing did, and many failed or the reasons say so, no item is charged a try: the job fails, and says what to mend.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NoReturn

from jobs.errors import JobError
from scenes.clients.stash_transport import ITS_OWN_TROUBLE
from scenes.sync.folders import LibraryFolders

SEVERAL = 5  # items that never failed before: so many at once, with none that came out well, are hardly all bad
FULL = re.compile(
    r"no space left|disk is full|not enough space on the disk|disk quota exceeded|read-?only file ?system",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Failure:
    """``path``: as Stash sees it. ``is_first``: it never failed before. ``of_place``: the reason is none of its own."""

    path: str
    reason: str
    is_first: bool
    of_place: bool = False


@dataclass
class Blame:
    """Of one attempt. ``nothing_done`` says what is wrong, for people. Held are, for each place, failures by row id.

    A place is a library folder of Stash; ``ask_for_folders`` is called when the first path is to be judged by them.
    """

    nothing_done: str
    ask_for_folders: Callable[[], LibraryFolders]
    well: set[str] = field(default_factory=set)  # places
    held: dict[str, dict[int, Failure]] = field(default_factory=dict)

    def came_well(self, paths: Iterable[str]) -> None:
        self.well.update(self._place(path) for path in paths)

    def hold(self, failures: dict[int, Failure]) -> None:
        for pk, failure in failures.items():
            self.held.setdefault(self._place(failure.path), {})[pk] = failure

    @cached_property
    def _folders(self) -> LibraryFolders:
        return self.ask_for_folders()

    def _place(self, path: str) -> str:
        """The library folder that has it; "" when none has."""
        return self._folders.of(path)

    @property
    def full(self) -> str:
        """What says that a disk of Stash is full, or can't be written to."""
        reasons = [failure.reason for held in self.held.values() for failure in held.values()]
        return next((reason for reason in reasons if FULL.search(reason)), "")

    def own_faults(self, *, at_the_end: bool = False) -> dict[int, str]:
        """Row id → reason of those that are to be charged, as far as is certain by now. They are held no longer."""
        if self.full:
            return {}
        places = [place for place in self.held if place in self.well or (at_the_end and not self._in_doubt(place))]
        return {pk: failure.reason for place in places for pk, failure in self.held.pop(place).items()}

    def _in_doubt(self, place: str) -> bool:
        failures = self.held[place].values()
        told = any(failure.of_place or ITS_OWN_TROUBLE.search(failure.reason) for failure in failures)
        return told or sum(failure.is_first for failure in failures) >= SEVERAL

    def check(self) -> None:
        """When all is done: raise what is wrong with those that are still held."""
        if self.full:
            self._raise_full(sum(map(len, self.held.values())))
        for place, failures in self.held.items():
            last = list(failures.values())[-1]
            message = (
                f"{self.nothing_done} in {place or 'their folders'} ({len(failures)} failed), so none counts as tried. "
                "Look whether Stash sees that folder (its disk mounted and readable, STASHHOG_PATH_MAP right) and into "
                f"its log. The last one: {last.reason}"
            )
            raise JobError("nothing_done", message, permanent=True)

    def _raise_full(self, count: int) -> NoReturn:
        message = (
            f"A disk of Stash is full or can't be written to ({count} failed), so none counts as tried. Make room "
            f"there, or mount it for writing. {self.full}"
        )
        raise JobError("stash_disk_full", message, permanent=True)
