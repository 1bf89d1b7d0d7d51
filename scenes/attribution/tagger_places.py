"""The places of films that the tagger may not see as a whole: its mapped prefixes, and Stash's library folders."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import PureWindowsPath

from django.db.models import QuerySet

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.analysis.scene_inputs import SceneInput
from scenes.attribution.evidence import Suspect
from scenes.clients.base import ServiceError
from scenes.configuration import named_setting
from scenes.models import SceneFile
from scenes.paths import PathMap, path_of
from scenes.sync.folders import LibraryFolders

SAMPLE = 20  # other films, to see whether a place is there at all


class TaggerPlaces:
    """A place is a folder as StashHog sees it; "" is all that is in no known one."""

    def __init__(self, path_map: PathMap, stash_folders: Iterable[str]):
        self.path_map = path_map
        folders = {str(mapping.ours) for mapping in path_map.mappings if mapping.service == "tagger"}
        folders |= {path_map.to_ours("stash", folder) for folder in stash_folders}
        self.folders = LibraryFolders(folders)

    def path(self, scene_input: SceneInput) -> str:
        """Of the scene's film, as StashHog sees it."""
        return self.path_map.to_ours("stash", scene_input.file.path) if scene_input.file else ""

    def of(self, scene_input: SceneInput) -> Suspect:
        """Both mappings lead to what the tagger is asked for."""
        path = self.path(scene_input)
        mappings = [self.path_map.entry(service, path) for service in ("stash", "tagger")]
        return Suspect(self.folders.of(path), "; ".join(filter(None, mappings)))

    def is_gone(self, scene_input: SceneInput) -> bool:
        """Whether StashHog sees other films of the place, and not this one."""
        path = self.path(scene_input)
        if os.path.exists(path):  # noqa: PTH110 - Path raises PermissionError
            return False
        newest = self.films_in(self.folders.of(path)).order_by("-id").values_list("path", flat=True)[:SAMPLE]
        others = {self.path_map.to_ours("stash", stash_path) for stash_path in newest} - {path}
        return any(os.path.exists(other) for other in others)  # noqa: PTH110 - Path raises PermissionError

    def films_in(self, place: str) -> QuerySet[SceneFile]:
        """Those in the place, by their paths in Stash, which on Windows ignore the case of letters."""
        stash_path = path_of(self.path_map.to_theirs("stash", place))
        begins = "path__istartswith" if isinstance(stash_path, PureWindowsPath) else "path__startswith"
        return SceneFile.objects.filter(**{begins: str(stash_path / "_").removesuffix("_") if place else ""})

    def refusal(self, place: str, scene_input: SceneInput, count: int, error: ServiceError) -> JobError:
        """What a person can do when the tagger refused the last ``count`` films of a place, and its own words."""
        ours = self.path(scene_input)
        mapping = self.path_map.entry("tagger", ours)
        path_map = named_setting("path_map")
        named = (
            _("{mapping} in {path_map}", mapping=mapping, path_map=path_map)
            if mapping
            else _("{path_map}, which has no entry tagger:… for it", path_map=path_map)
        )
        message = _(
            "{problem} It handled none of the {count} films that it was last asked for in {place}, so none counts as "
            "tried. Look for {theirs} on the tagger's machine ({ours} for StashHog). Not there: mount its disk, or fix "
            "{mapping}. There: look into the tagger's log.",
            problem=joined(": ", [error.service, error.problem]),
            count=count,
            place=place or _("their folders"),
            theirs=self.path_map.to_theirs("tagger", ours),
            ours=ours,
            mapping=named,
        )
        return JobError("refused_all", message)
