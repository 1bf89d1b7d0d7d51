"""Failure attribution for what Stash made nothing of: the items of a scan or of a generation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from jobs.errors import JobError
from scenes.attribution.evidence import Evidence, Failure, Suspect
from scenes.clients.stash.transport import ITS_OWN_TROUBLE
from scenes.sync.folders import LibraryFolders

MANY = 5  # items that never failed before: so many at once, with none that succeeded, are hardly all bad
DISK_FULL = re.compile(
    r"no space left|disk is full|not enough space on the disk|disk quota exceeded|read-?only file ?system",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class StashFailure(Failure):
    """Of the item with that row.

    ``is_first``: it never failed before. ``is_of_place``: the reason names the place, and not the item.
    """

    row_id: int
    is_first: bool
    is_of_place: bool = False


class StashEvidence(Evidence[StashFailure]):
    """A place is a library folder of Stash: one success in it clears it for the whole attempt.

    ``nothing_done`` says what is wrong with a place, for people. ``ask_for_folders`` is called when the first path is
    looked up in them. Paths are as Stash sees them.
    """

    def __init__(self, nothing_done: str, ask_for_folders: Callable[[], LibraryFolders]):
        super().__init__()
        self.nothing_done, self.ask_for_folders = nothing_done, ask_for_folders

    @cached_property
    def _folders(self) -> LibraryFolders:
        return self.ask_for_folders()

    def place(self, path: str) -> Suspect:
        return Suspect(place=self._folders.of(path))

    def paths_succeeded(self, paths: Iterable[str]) -> None:
        self.succeeded(*dict.fromkeys(map(self.place, paths)))

    def own_failures(self, failures: Sequence[StashFailure]) -> list[StashFailure]:
        """All or none: none when there are many new ones, or when a reason speaks of the place or of Stash."""
        if any(failure.is_of_place or ITS_OWN_TROUBLE.search(failure.reason) for failure in failures):
            return []
        return list(failures) if sum(failure.is_first for failure in failures) < MANY else []

    def service_error(self, failures: Sequence[StashFailure]) -> JobError | None:
        """A disk of Stash that is full, or that can't be written to."""
        reason = next((failure.reason for failure in failures if DISK_FULL.search(failure.reason)), "")
        if not reason:
            return None
        message = (
            f"A disk of Stash is full or can't be written to ({len(failures)} failed), so none counts as tried. Make "
            f"room there, or mount it for writing. {reason}"
        )
        return JobError("stash_disk_full", message, permanent=True)

    def error(self, suspect: Suspect, failures: Sequence[StashFailure]) -> JobError:
        message = (
            f"{self.nothing_done} in {suspect.place or 'their folders'} ({len(failures)} failed), so none counts as "
            "tried. Look whether Stash sees that folder (its disk mounted and readable, STASHHOG_PATH_MAP right) and "
            f"into its log. The last one: {failures[-1].reason}"
        )
        return JobError("nothing_done", message, permanent=True)
