"""The folders of all destinations, and what Stash scans in them: it is asked once, when something is to be placed."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes import services
from scenes.clients.stash.client import ScanSettings
from scenes.configuration import DECLARED, Configuration, named_setting
from scenes.configuration.destinations import KEY
from scenes.destinations.overlaps import why_among_downloads, why_overlapping
from scenes.downloads.library.folder import DestinationFolder, DestinationUnusable
from scenes.sync import folders as stash_folders
from scenes.sync.scan_rules import ScanRules

# The default in place of one of these might have files deleted.
RULES = [
    KEY,
    *(declared.key for declared in DECLARED.values() if declared.group in ("qbittorrent", "library", "files")),
]


class DestinationFolders:
    """``error``: why Stash could not be asked. ``confirmed``: folders in which something may be placed."""

    def __init__(self, job: JobContext, config: Configuration):
        """Raises JobError when the settings say of no folder where a torrent goes that no row fits."""
        services.check_usable(config, *RULES)
        if config.library_path is None:
            message = _(
                "No library folder is set: give one of Stash's folders, as StashHog sees it, as {setting} in the "
                "settings.",
                setting=named_setting("library_path"),
            )
            raise JobError("not_configured", message, permanent=True)
        self.job, self.config, self.destinations = job, config, config.destinations
        self.error: JobError | None = None
        self.confirmed: set[Path] = set()
        self._of: dict[Path, DestinationFolder] = {}

    def of(self, folder: Path) -> DestinationFolder:
        """The one in which this destination's files are placed."""
        if folder not in self._of:
            self._of[folder] = DestinationFolder(self, folder)
        return self._of[folder]

    def confirm(self, folder: Path, save_folder: Path | None = None) -> None:
        """Asked before anything of a torrent, saved in ``save_folder``, is placed there.

        Raises JobError when nothing may be.
        """
        chosen, is_known = self.of(folder), folder in self.confirmed
        self.confirmed.discard(folder)
        chosen.check_disk()
        if not is_known:
            self.check_settings(chosen)
        self.confirmed.add(folder)
        own = chosen.destination
        # The one by default was always free to lie among downloads, and is in many a set-up.
        if save_folder and own in self.destinations.rows and (why := why_among_downloads(own, [save_folder])):
            raise DestinationUnusable("destination_in_downloads", why, permanent=True)

    def check_settings(self, chosen: DestinationFolder) -> None:
        """Raise JobError when destinations overlap, or Stash does not have this one."""
        if why := why_overlapping(self.destinations.all, self.config.path_map):
            text = joined(" ", [why, _("Until then nothing is placed.")])
            raise JobError("destinations_overlap", text, permanent=True)
        chosen.check_stash()

    @cached_property
    def scan_settings(self) -> ScanSettings:
        """As Stash says now or, when it is away, said last; those of a new Stash when it never did."""
        try:
            settings = stash_folders.refresh(self.job, services.stash(self.job))
        except JobError as error:
            self.error = error
            unknown = ScanSettings([], stash_folders.DEFAULT_EXTENSIONS, [], [], [])
            settings = stash_folders.last_known() or unknown
        for pattern in ScanRules(settings).invalid:
            text = _(
                "Stash's exclusion pattern {pattern} is no regular expression that it can use, so it is ignored.",
                pattern=pattern,
            )
            self.job.log(joined(" ", [text, _("Fix it in Stash (Settings, Library).")]), "warning")
        return settings
