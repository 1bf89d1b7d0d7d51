"""detect_tags: names and aliases of the library's tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scenes.analysis.detectors import TAGS, Proposal
from scenes.analysis.names.detector import NameDetector, SceneTexts
from scenes.analysis.scene_inputs import LibraryTags, SceneInput
from scenes.analysis.text import NameMatcher, words
from scenes.models import Change, Tag
from scenes.plans.evidence import Evidence
from scenes.sync.folders import LibraryFolders


class TagNames(NameDetector):
    """Tags with the video tagger's suffix are left out: what is seen in a film does not follow from words.

    So are those that ignore Stash's auto tag, or that a rule forbids; their names hide no shorter ones.
    """

    name = TAGS

    def __init__(self, tags: LibraryTags, suffix: str, folders: LibraryFolders):
        super().__init__(folders)
        self.tags = tags
        self.never = tags.ignoring_auto_tag | tags.unwanted
        left_out = {tag.id for tag in tags.rows if suffix and tag.name.endswith(suffix)} | self.never
        self.matcher = NameMatcher((name, pk) for name, pk in names_of(tags.rows) if pk not in left_out)

    def find(self, texts: SceneTexts) -> dict[int, str]:
        found: dict[int, str] = {}
        for match, found_in in self.matches(texts):
            for pk in match.ids:
                found.setdefault(pk, found_in)
        return found

    def known_as(self, found_id: int) -> str:
        return self.tags.name_of(found_id) or ""

    def proposals(self, scene_input: SceneInput, found: Mapping[int, Evidence]) -> list[Proposal]:
        return [
            Proposal(Change.Kind.ADD_TAG, {"name": self.tags.name_of(tag_id)}, None, evidence)
            for tag_id, evidence in found.items()
            if tag_id not in self.never and tag_id not in scene_input.tag_ids
        ]


def names_of(tags: Iterable[Tag]) -> list[tuple[str, int]]:
    """Names and aliases with their tags' ids. An alias that is another tag's name stands for that one alone."""
    names = [(tag.name, tag.id) for tag in tags]
    taken = {words(name) for name, _ in names}
    aliases = [(alias, tag.id) for tag in tags for alias in tag.aliases]
    return names + [(alias, pk) for alias, pk in aliases if words(alias) not in taken]
