"""detect_performers: names and aliases of the library's performers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scenes.analysis.detectors import PERFORMERS, Proposal
from scenes.analysis.names.detector import NameDetector, SceneTexts
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.text import NameMatcher, searchable, words
from scenes.models import Change, Performer
from scenes.plans.evidence import Evidence
from scenes.sync.folders import LibraryFolders


class Person(NamedTuple):
    """A performer of the library."""

    id: int
    name: str
    aliases: list[str]
    disambiguation: str
    ignore_auto_tag: bool

    def names(self) -> Iterator[str]:
        """Every way in which the performer is called; with the disambiguation as Stash writes it: after the name."""
        yield self.name
        yield from self.aliases
        if self.disambiguation and searchable(
            words(self.disambiguation)
        ):  # not "2", which would be part two of a film, too
            yield f"{self.name} ({self.disambiguation})"


class PerformerNames(NameDetector):
    """A name, or alias, of two performers names neither of them; the disambiguation behind it tells them apart.

    It stands for nobody else either: who is called "Ann" is not found in "Ann Oak". The same goes for the names of
    performers who ignore Stash's auto tag.
    """

    name = PERFORMERS

    def __init__(self, folders: LibraryFolders):
        super().__init__(folders)
        self.names: dict[int, str] = {}  # of those that may be set
        self.matcher = NameMatcher((name, person.id) for person in self.people() for name in person.names())

    def people(self) -> Iterator[Person]:
        """All of the library, so many at once that a big one takes neither the memory nor the collector's time."""
        for row in Performer.objects.order_by("id").values_list(*Person._fields).iterator():
            person = Person(*row)
            if not person.ignore_auto_tag:
                self.names[person.id] = person.name
            yield person

    def find(self, texts: SceneTexts) -> dict[int, str]:
        found: dict[int, str] = {}
        for match, found_in in self.matches(texts):
            if len(match.ids) == 1:
                found.setdefault(match.ids[0], found_in)
        return found

    def known_as(self, found_id: int) -> str:
        return self.names.get(found_id, "")

    def proposals(self, scene_input: SceneInput, found: Mapping[int, Evidence]) -> list[Proposal]:
        return [
            Proposal(Change.Kind.ADD_PERFORMER, {"id": performer_id, "name": self.names[performer_id]}, None, evidence)
            for performer_id, evidence in found.items()
            if performer_id in self.names and performer_id not in scene_input.performer_ids
        ]
