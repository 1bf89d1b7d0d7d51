"""detect_tags: names and aliases of the library's tags in a scene's title, details and path."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scenes.analysis.detectors import TAGS, Proposal
from scenes.analysis.scene_inputs import LibraryTags, SceneInput
from scenes.analysis.text import NameMatcher, words
from scenes.models import Change, Tag
from scenes.sync.folders import LibraryFolders

EXTENSION = re.compile(r"\.\w{1,5}$")


class TagNames:
    """Proposes the tags whose name, or alias, is in a scene's texts and that the scene doesn't have.

    Tags with the video tagger's suffix are left out: what is seen in a film does not follow from words. So are those
    that ignore Stash's auto tag, or that a rule forbids, and scenes that are marked organized.
    The names of Stash's library folders say nothing about a scene.
    """

    name = TAGS

    def __init__(self, tags: LibraryTags, suffix: str, folders: LibraryFolders):
        self.tags, self.folders = tags, folders
        left_out = {tag.id for tag in tags.rows if suffix and tag.name.endswith(suffix)} | tags.ignoring_auto_tag
        left_out |= tags.unwanted
        self.matcher = NameMatcher((name, owner) for name, owner in names_of(tags.rows) if owner not in left_out)

    def applies(self, scene_input: SceneInput) -> bool:
        return not scene_input.scene.organized

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        tag_ids = {owner: None for text in self.texts(scene_input) for owner in self.matcher.owners(text)}
        return [
            Proposal(Change.Kind.ADD_TAG, {"name": self.tags.name_of(tag_id)})
            for tag_id in tag_ids
            if tag_id not in scene_input.tag_ids
        ]

    def texts(self, scene_input: SceneInput) -> list[str]:
        """Each is searched on its own, so that no name is found across two of them."""
        parts = path_texts(scene_input.file.path, self.folders) if scene_input.file else []
        return [scene_input.scene.title, scene_input.scene.details, *parts]


def names_of(tags: Iterable[Tag]) -> list[tuple[str, int]]:
    """Names and aliases with their tags' ids. An alias that is another tag's name stands for that one alone."""
    names = [(tag.name, tag.id) for tag in tags]
    taken = {words(name) for name, _ in names}
    aliases = [(alias, tag.id) for tag in tags for alias in tag.aliases]
    return names + [(alias, owner) for alias, owner in aliases if words(alias) not in taken]


def path_texts(path: str, folders: LibraryFolders) -> list[str]:
    """Folder names below the library's folder, and the file's name without its extension."""
    *names, file = folders.names_below(path)
    return [*names, EXTENSION.sub("", file)]
