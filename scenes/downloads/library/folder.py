"""Whether the library folder can be used: it is there, can be written to, and is one that Stash scans."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from jobs.context import JobContext
from jobs.errors import JobError
from scenes import services
from scenes.attribution import disk
from scenes.clients.base import ServiceError
from scenes.clients.stash.client import LibraryFolder, ScanSettings
from scenes.configuration import DECLARED, Configuration
from scenes.paths import is_below, path_of
from scenes.sync import folders as stash_folders
from scenes.sync.scan_rules import ScanRules

RULES = [one.key for one in DECLARED.values() if one.group in ("qbittorrent", "library", "files")]


def library_folder(config: Configuration) -> Path:
    """Raises JobError when none is set."""
    services.check_usable(config, *RULES)  # the default in place of one might have files deleted
    if config.library_path is None:
        message = (
            "No library folder is set: give one of Stash's folders, as StashHog sees it, in the settings "
            "(STASHHOG_LIBRARY_PATH)."
        )
        raise JobError("not_configured", message, permanent=True)
    return config.library_path


class Library:
    """The folder to place files in, and what Stash scans there; Stash is asked once.

    `confirm` is asked before anything of a torrent is placed. ``error``: why Stash could not be asked.
    """

    def __init__(self, job: JobContext, config: Configuration):
        self.job, self.config = job, config
        self.folder = library_folder(config)
        self._confirmed = False
        self.error: JobError | None = None

    def confirm(self) -> None:
        """Raises JobError when nothing may be placed there."""
        self.check_disk()
        if not self._confirmed:
            self.check_stash()
            self._confirmed = True

    def check_disk(self) -> None:
        """Raise JobError unless the folder is there, has what was placed in it, and can be written to."""
        try:
            is_there = self.folder.is_dir()
        except OSError:  # the mount of a disk or server that is gone
            is_there = False
        if not is_there:
            message = (
                f"The library folder {self.folder} is not there. Is its disk mounted, and is STASHHOG_LIBRARY_PATH "
                "right?"
            )
            raise JobError("library_missing", message)
        if why := disk.why_away(self.folder):
            message = (
                f"The library folder {self.folder} looks as if its disk were away: {why}, although StashHog has used "
                f"it. Is its disk mounted? If all is right as it is, make a file {disk.MARKER} in it, or let StashHog "
                "forget the place (admin, Places)."
            )
            raise JobError("library_empty", message)
        if not os.access(self.folder, os.W_OK | os.X_OK, effective_ids=True):
            message = (
                f"StashHog may not write to the library folder {self.folder}. Fix its owner and permissions, and see "
                "that its disk is not mounted read-only."
            )
            raise JobError("library_not_writable", message, permanent=True)

    def check_stash(self) -> None:
        """Raise JobError unless it is one of Stash's folders, as it says now or, when it is away, said last."""
        folders = _for_videos(self.scan_rules.settings.folders)
        if self.error is None:
            if not self._is_below(folders):
                raise self.wrong(folders)
            return
        if not isinstance(self.error, ServiceError):
            raise self.error
        if not self._is_below(folders):
            message = (
                f"Whether {self._named()} is one of Stash's folders is not known (STASHHOG_PATH_MAP, now: "
                f"{self._mapping()}), so nothing is placed: {self.error.message}"
            )
            raise JobError("library_unconfirmed", message, permanent=self.error.permanent)
        self.job.log(f"{self.error.message} The library folder is taken as Stash last confirmed it.", "warning")

    @cached_property
    def scan_rules(self) -> ScanRules:
        """As Stash says now or, when it is away, said last; those of a new Stash when it never did."""
        try:
            settings = stash_folders.refresh(self.job, services.stash(self.job))
        except JobError as error:
            self.error = error
            unknown = ScanSettings([], stash_folders.DEFAULT_EXTENSIONS, [], [], [])
            settings = stash_folders.last_known() or unknown
        rules = ScanRules(settings, self._theirs)
        for pattern in rules.invalid:
            text = f"Stash's exclusion pattern {pattern} is no regular expression that it can use, so it is ignored."
            self.job.log(f"{text} Fix it in Stash (Settings, Library).", "warning")
        return rules

    def theirs(self, name: str, folder: str = "") -> str:
        """Where Stash sees a file of a torrent, in the torrent's own ``folder`` if it has one."""
        path = "/".join(filter(None, (str(self.folder).rstrip("/"), folder, name)))
        return self.config.path_map.to_theirs("stash", path)

    @property
    def _theirs(self) -> str:
        return self.config.path_map.to_theirs("stash", str(self.folder))

    def _is_below(self, folders: list[str]) -> bool:
        """As Stash spells them: on Windows, too, it looks files up by upper and lower case."""
        mine = path_of(self._theirs)
        return any(
            is_below(mine, other) and mine.parts[: len(other.parts)] == other.parts for other in map(path_of, folders)
        )

    def wrong(self, folders: list[str]) -> JobError:
        """What to do when ``folders`` are Stash's, and the library folder is in none of them."""
        has = ", ".join(folders) or "none"
        if alike := [str(other) for other in map(path_of, folders) if is_below(path_of(self._theirs), other)]:
            has += f" (the same but for upper or lower case: write {alike[0]} just so)"
        message = (
            f"Stash does not look after {self._named()}; its folders for videos are: {has}. Fix "
            f"STASHHOG_LIBRARY_PATH or the path mapping (STASHHOG_PATH_MAP, now: {self._mapping()}), or add the "
            "folder in Stash (Settings, Library)."
        )
        return JobError("library_not_in_stash", message, permanent=True)

    def _named(self) -> str:
        ours = str(self.folder)
        return ours if ours == self._theirs else f"{self._theirs} (that is {ours} for StashHog)"

    def _mapping(self) -> str:
        own = [f"stash:{m.theirs}={m.ours}" for m in self.config.path_map.mappings if m.service == "stash"]
        return "; ".join(own) or "none for stash"


def _for_videos(libraries: Iterable[LibraryFolder]) -> list[str]:
    return [library.path for library in libraries if not library.exclude_video]
