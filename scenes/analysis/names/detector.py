"""What the detectors of names have in common: where they look, and the steps between a text and a change."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from scenes.analysis.detectors import Proposal
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.text import Match, NameMatcher
from scenes.plans.evidence import Evidence
from scenes.plans.reasons import IN_TEXT
from scenes.sync.folders import LibraryFolders

EXTENSION = re.compile(r"\.\w{1,5}$")


class SceneTexts(NamedTuple):
    """Of a scene. Each is searched on its own, so that no name is found across two of them."""

    title: str
    details: str
    path: Sequence[str]

    def named(self) -> Iterator[tuple[str, str]]:
        """Each with its name in `IN_TEXT`."""
        yield "title", self.title
        yield "details", self.details
        for part in self.path:
            yield "path", part


class NameDetector(ABC):
    """Proposes what of the library is named in a scene's texts. Scenes that are marked organized are left out.

    ``find`` and ``proposals`` are two steps, so that what is found in another way is proposed by the same rules.
    """

    name: str
    matcher: NameMatcher

    def __init__(self, folders: LibraryFolders):
        self.folders = folders

    def applies(self, scene_input: SceneInput) -> bool:
        return not scene_input.scene.organized

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        found = self.find(self.texts(scene_input))
        return self.proposals(scene_input, {pk: Evidence(found=found_in) for pk, found_in in found.items()})

    def matches(self, texts: SceneTexts) -> Iterator[tuple[Match, str]]:
        """Each name in the texts, and where it was found, for people: "title: “Ann Oak”"."""
        for name, text in texts.named():
            for match in self.matcher.found(text):
                yield match, IN_TEXT[name].format(words=match.written(text))

    def texts(self, scene_input: SceneInput) -> SceneTexts:
        """The names of Stash's library folders say nothing about a scene."""
        path = path_texts(scene_input.file.path, self.folders) if scene_input.file else []
        return SceneTexts(scene_input.scene.title, scene_input.scene.details, path)

    @abstractmethod
    def find(self, texts: SceneTexts) -> dict[int, str]:
        """The ids of what is named, in the order in which it is, and where each was found first."""

    @abstractmethod
    def proposals(self, scene_input: SceneInput, found: Mapping[int, Evidence]) -> list[Proposal]:
        """Changes for those of ``found``, by id, that may be set by a machine and that the scene lacks."""

    @abstractmethod
    def known_as(self, found_id: int) -> str:
        """Its name in the library."""


def path_texts(path: str, folders: LibraryFolders) -> list[str]:
    """Folder names below the library's folder, and the file's name without its extension."""
    *names, file = folders.names_below(path)
    return [*names, EXTENSION.sub("", file)]
