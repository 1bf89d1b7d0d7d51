"""detect_studios: names and aliases of the library's studios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scenes.analysis.detectors import STUDIOS, Proposal
from scenes.analysis.names.detector import NameDetector, SceneTexts
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.text import NameMatcher
from scenes.models import Change, Studio
from scenes.plans.evidence import Evidence
from scenes.sync.folders import LibraryFolders


class Company(NamedTuple):
    """A studio of the library."""

    id: int
    name: str
    aliases: list[str]
    parent_id: int | None
    ignore_auto_tag: bool


class StudioNames(NameDetector):
    """Proposes the one studio that is named, for a scene that has none.

    Of a parent and its child the child counts, which says more. Of several others, those in path and title count,
    since details tell of other studios as well; if there are still several, nothing is proposed.
    """

    name = STUDIOS

    def __init__(self, folders: LibraryFolders):
        super().__init__(folders)
        rows = Studio.objects.order_by("id")
        companies = [Company(*row) for row in rows.values_list(*Company._fields)]
        self.parents = {company.id: company.parent_id for company in companies}
        self.names = {company.id: company.name for company in companies if not company.ignore_auto_tag}
        self.matcher = NameMatcher(
            (name, company.id) for company in companies for name in (company.name, *company.aliases)
        )

    def find(self, texts: SceneTexts) -> dict[int, str]:
        found = self.most_specific(self.named_in(texts))
        return found if len(found) < 2 else self.most_specific(self.named_in(texts._replace(details="")))

    def named_in(self, texts: SceneTexts) -> dict[int, str]:
        """Those that may be set by a machine, and where each was found."""
        found: dict[int, str] = {}
        for match, found_in in self.matches(texts):
            for pk in match.ids:
                if pk in self.names:
                    found.setdefault(pk, found_in)
        return found

    def most_specific(self, found: Mapping[int, str]) -> dict[int, str]:
        """Without those that are above another one."""
        above = {ancestor for studio_id in found for ancestor in self.ancestors(studio_id)}
        return {studio_id: found_in for studio_id, found_in in found.items() if studio_id not in above}

    def ancestors(self, studio_id: int) -> Iterator[int]:
        """Its parent, the parent of that, and so on; a circle, which Stash has none of, ends."""
        seen = {studio_id}
        parent = self.parents.get(studio_id)
        while parent is not None and parent not in seen:
            yield parent
            seen.add(parent)
            parent = self.parents.get(parent)

    def known_as(self, found_id: int) -> str:
        return self.names.get(found_id, "")

    def proposals(self, scene_input: SceneInput, found: Mapping[int, Evidence]) -> list[Proposal]:
        usable = [studio_id for studio_id in found if studio_id in self.names]
        if scene_input.scene.studio_id is not None or len(usable) != 1:
            return []
        value = {"id": usable[0], "name": self.names[usable[0]]}
        return [Proposal(Change.Kind.SET_STUDIO, value, None, found[usable[0]])]
