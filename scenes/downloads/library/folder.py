"""Whether a destination's folder can be used: it is there, can be written to, and is one that Stash scans."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.attribution import disk
from scenes.clients.base import ServiceError
from scenes.configuration import named_setting
from scenes.paths import is_below, lies_below_as_spelled, path_of
from scenes.sync.scan_rules import ScanRules

if TYPE_CHECKING:
    from scenes.downloads.library.folders import DestinationFolders


class DestinationUnusable(JobError):
    """{message}: nothing can be placed in this destination now. Torrents that go to another one are handled."""


class DestinationFolder:
    """A folder to place files in; before anything of a torrent is, `DestinationFolders.confirm` is asked."""

    def __init__(self, folders: DestinationFolders, folder: Path):
        self.folders, self.job, self.config, self.folder = folders, folders.job, folders.config, folder
        self.destination = folders.destinations.at(folder)

    @property
    def _setting(self) -> str:
        """Where the folder is given, for people."""
        if self.destination is None:
            return _(
                "the destination of its torrent, as it was when that was begun (released, it is decided once more),"
            )
        is_default = self.destination == self.folders.destinations.default
        return (
            named_setting("library_path")
            if is_default
            else _("the folder of the destination “{name}”", name=self.destination.name)
        )

    def check_disk(self) -> None:
        """Raise JobError unless the folder is there, has what was placed in it, and can be written to."""
        try:
            is_there = self.folder.is_dir()
        except OSError:  # the mount of a disk or server that is gone
            is_there = False
        if not is_there:
            message = _(
                "The library folder {folder} is not there. Is its disk mounted, and is {setting} right?",
                folder=self.folder,
                setting=self._setting,
            )
            raise DestinationUnusable("library_missing", message)
        if why := disk.why_away(self.folder):
            message = _(
                "The library folder {folder} looks as if its disk were away: {why}, although StashHog has "
                "used it. Is its disk mounted? If all is right as it is, make a file {marker} in it, or let "
                "StashHog forget the place (“System”, “Places”).",
                folder=self.folder,
                why=why,
                marker=disk.MARKER,
            )
            raise DestinationUnusable("library_empty", message)
        if not os.access(self.folder, os.W_OK | os.X_OK, effective_ids=True):
            message = _(
                "StashHog may not write to the library folder {folder}. Fix its owner and permissions, and "
                "see that its disk is not mounted read-only.",
                folder=self.folder,
            )
            raise DestinationUnusable("library_not_writable", message, permanent=True)

    def check_stash(self) -> None:
        """Raise JobError unless it is one of Stash's folders, as it says now or, when it is away, said last."""
        folders = [folder.path for folder in self.folders.scan_settings.folders if not folder.exclude_video]
        error = self.folders.error
        if error is None:
            if not lies_below_as_spelled(self._theirs, folders):
                raise self.wrong(folders)
            return
        if not isinstance(error, ServiceError):
            raise error
        if not lies_below_as_spelled(self._theirs, folders):
            message = _(
                "Whether {named} is one of Stash's folders is not known ({path_map}, now: {mapping}), "
                "so nothing is placed: {reason}",
                path_map=named_setting("path_map"),
                named=self._named(),
                mapping=self._mapping(),
                reason=error.message,
            )
            raise DestinationUnusable("library_unconfirmed", message, permanent=error.permanent)
        taken = _("The library folder is taken as Stash last confirmed it.")
        self.job.log(joined(" ", [error.message, taken]), "warning")

    @cached_property
    def scan_rules(self) -> ScanRules:
        """What Stash scans there."""
        return ScanRules(self.folders.scan_settings, self._theirs)

    def theirs(self, name: str, folder: str = "") -> str:
        """Where Stash sees a file of a torrent, in the torrent's own ``folder`` if it has one."""
        path = "/".join(filter(None, (str(self.folder).rstrip("/"), folder, name)))
        return self.config.path_map.to_theirs("stash", path)

    @property
    def _theirs(self) -> str:
        return self.config.path_map.to_theirs("stash", str(self.folder))

    def wrong(self, folders: list[str]) -> DestinationUnusable:
        """What to do when ``folders`` are Stash's, and the library folder is in none of them."""
        has = ", ".join(folders) or _("none")
        if alike := [str(other) for other in map(path_of, folders) if is_below(path_of(self._theirs), other)]:
            hint = _("(the same but for upper or lower case: write {folder} just so)", folder=alike[0])
            has = joined(" ", [has, hint])
        message = _(
            "Stash does not look after {named}; its folders for videos are: {has}. Fix {setting}, or "
            "{path_map} in the settings (now: {mapping}), or add the folder in Stash (Settings, Library).",
            path_map=named_setting("path_map"),
            named=self._named(),
            has=has,
            setting=self._setting,
            mapping=self._mapping(),
        )
        return DestinationUnusable("library_not_in_stash", message, permanent=True)

    def _named(self) -> str:
        ours = str(self.folder)
        return (
            ours
            if ours == self._theirs
            else _("{theirs} (that is {ours} for StashHog)", theirs=self._theirs, ours=ours)
        )

    def _mapping(self) -> str:
        own = [f"stash:{m.theirs}={m.ours}" for m in self.config.path_map.mappings if m.service == "stash"]
        return "; ".join(own) or _("none for stash")
