"""What the detectors of names have in common: where they look, and the steps between a text and a change."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scenes.analysis.detectors import Proposal
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.text import NameMatcher
from scenes.sync.folders import LibraryFolders

EXTENSION = re.compile(r"\.\w{1,5}$")


class Texts(NamedTuple):
    """Of a scene. Each is searched on its own, so that no name is found across two of them."""

    title: str
    details: str
    path: Sequence[str]

    def all(self) -> list[str]:
        return [self.title, self.details, *self.path]


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
        return self.proposals(scene_input, self.find(self.texts(scene_input)))

    def texts(self, scene_input: SceneInput) -> Texts:
        """The names of Stash's library folders say nothing about a scene."""
        path = path_texts(scene_input.file.path, self.folders) if scene_input.file else []
        return Texts(scene_input.scene.title, scene_input.scene.details, path)

    @abstractmethod
    def find(self, texts: Texts) -> list[int]:
        """The ids of what is named, in the order in which it is."""

    @abstractmethod
    def proposals(self, scene_input: SceneInput, ids: Iterable[int]) -> list[Proposal]:
        """Changes for those of ``ids`` that may be set by a machine and that the scene lacks."""


def path_texts(path: str, folders: LibraryFolders) -> list[str]:
    """Folder names below the library's folder, and the file's name without its extension."""
    *names, file = folders.names_below(path)
    return [*names, EXTENSION.sub("", file)]
