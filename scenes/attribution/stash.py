"""Failure attribution for what Stash made nothing of: the items of a scan or of a generation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes import configuration
from scenes.attribution.evidence import Failure, FailureEvidence, Suspect
from scenes.attribution.places import PlaceHistory
from scenes.configuration import named_setting
from scenes.models import Place
from scenes.sync.folders import LibraryFolders, known_folders

NOTHING_DONE = {
    Place.Use.SCAN: _("Stash has none of the new files"),
    Place.Use.GENERATION: _("Stash generated nothing for the scenes"),
}


@dataclass(frozen=True, eq=False)
class StashFailure(Failure):
    """Of the item with that row."""

    row_id: int = 0


class StashEvidence(FailureEvidence[StashFailure]):
    """A place is a library folder of Stash, as Stash spells it; Stash is asked for them when the first is needed."""

    def __init__(self, job: JobContext, use: Place.Use):
        super().__init__(PlaceHistory(job, use, "stash"))
        self.use, self.ask_for_folders = use, partial(known_folders, job)

    ask_for_folders: Callable[[], LibraryFolders]

    @cached_property
    def folders(self) -> LibraryFolders:
        return self.ask_for_folders()

    def place(self, path: str, ours: str = "") -> Suspect:
        """Of a file, by its path as Stash sees it; ``ours``: as StashHog does, if Stash's follows from that."""
        mapping = configuration.current().path_map.entry("stash", ours) if ours else ""
        return Suspect(self.folders.of(path), mapping)

    def places_succeeded(self, places: Iterable[Suspect]) -> None:
        self.succeeded(*dict.fromkeys(places))

    def service_error(self, failures: Sequence[StashFailure]) -> JobError:
        """A disk of Stash that is full, or that can't be written to."""
        message = _(
            "A disk of Stash is full or can't be written to ({count} failed), so none counts as tried. "
            "Make room there, or mount it for writing. {reason}",
            count=len(failures),
            reason=failures[0].reason,
        )
        return JobError("stash_disk_full", message, permanent=True)

    def error(self, suspect: Suspect, failures: Sequence[StashFailure]) -> JobError:
        path_map = named_setting("path_map")
        mapping = _("and {path_map} right, which has no entry stash:… for it", path_map=path_map)
        if suspect.mapping:
            mapping = _("and {mapping} in {path_map} right", mapping=suspect.mapping, path_map=path_map)
        elif self.use == Place.Use.GENERATION:
            mapping = _("and readable")
        here = self.memory.why_away(suspect)
        message = _(
            "{nothing_done} in {place} ({count} failed), so none counts as tried. Look whether Stash sees that folder "
            "(its disk mounted, {mapping}) and into its log.",
            nothing_done=NOTHING_DONE[self.use],
            place=suspect.place or _("their folders"),
            count=len(failures),
            mapping=mapping,
        )
        seen_here = _("For StashHog, {reason}.", reason=here) if here else ""
        last = _("The last one: {reason}", reason=failures[-1].reason)
        return JobError("nothing_done", joined(" ", [message, seen_here, last]), permanent=True)
