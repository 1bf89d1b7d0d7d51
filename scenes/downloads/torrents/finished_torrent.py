"""A torrent on its way through a run: listed, its files classified, placed, summarised, and cleaned up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from django.utils import timezone

from jobs.crash_points import crash_point
from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent.client import Torrent, TorrentFile
from scenes.configuration.destinations import EffectiveDestination
from scenes.crash_points import CrashPoint
from scenes.downloads.context import ProcessingContext
from scenes.downloads.files.targets import storable
from scenes.downloads.results import Result
from scenes.downloads.torrents import selection
from scenes.downloads.torrents.states import REOPENED, SELECTION_CHANGED, changed
from scenes.models import HANDLED, Download, PlacedFile
from scenes.models.downloads import BEFORE_FIRST_RUN


class FinishedTorrent:
    """``torrent``: as qBittorrent listed it last. ``rows``: its files' rows, once `files.rows` has written them."""

    def __init__(self, context: ProcessingContext, torrent: Torrent, download: Download):
        self.context, self.torrent, self.download = context, torrent, download
        self.rows: list[PlacedFile] = []

    @property
    def is_handled(self) -> bool:
        """Nothing to do, as far as the list tells. That other files are selected now it may not: see `reopening`."""
        if self.download.code == BEFORE_FIRST_RUN:
            return True
        return (
            self.download.outcome in HANDLED
            and self.download.code not in REOPENED
            and self.download.size == self.torrent.size  # else one was selected that had to be downloaded
        )

    @property
    def destination(self) -> EffectiveDestination:
        """Where its files go, and how."""
        return self.context.destination_of(self.download, self.torrent.category, self.torrent.tags)

    @property
    def destination_now(self) -> EffectiveDestination:
        """The one that it would have if nothing had been decided before."""
        return self.context.config.destinations.of(self.torrent.category, self.torrent.tags)

    @property
    def is_removed(self) -> bool:
        """Whether this job took it out of qBittorrent."""
        return self.torrent.hash in self.context.removed

    def refresh(self) -> bool:
        """Ask qBittorrent for it once more; False when it is gone. Its files are asked for again when needed."""
        now = self.context.client.torrent(self.torrent.hash)
        self.forget_files()
        if now is not None:
            self.torrent = now
        return now is not None

    @cached_property
    def files(self) -> list[TorrentFile] | None:
        """As qBittorrent names them, asked for once; None when it has the torrent no more."""
        return self.ask_for_files()

    def ask_for_files(self) -> list[TorrentFile] | None:
        """As they are now."""
        try:
            return self.context.client.files(self.torrent.hash)
        except ServiceError as error:
            if error.code != "not_found":
                raise
            return None

    @property
    def classified(self) -> Mapping[str, Result | None]:
        """By file name: why it is not placed, or None for one to place. Empty when it has no files, or is gone."""
        return self.classifier.results

    @cached_property
    def classifier(self) -> selection.Classifier:
        library, folder = self.context.folders.of(self.destination.folder), self.download.folder
        return selection.Classifier(
            self.files or [], self.context.config, library.scan_rules, lambda name: library.theirs(name, folder)
        )

    def forget_classified(self) -> None:
        """It goes elsewhere than was thought, where Stash may scan other files."""
        self.__dict__.pop("classifier", None)

    def forget_files(self) -> None:
        """Of many torrents they would fill the memory; and the next question is asked of qBittorrent."""
        self.rows = []
        for name in ("files", "classifier"):
            self.__dict__.pop(name, None)

    @property
    def selected(self) -> list[str]:
        """Names of the files that are selected in qBittorrent; without names that no file can have."""
        return [file.name for file in self.files or [] if file.wanted and storable(file.name) == file.name]

    def take_out(self, *, with_files: bool) -> Result | None:
        """Remove it from qBittorrent, or say why not: it is not as it was listed any more. Raises ServiceError."""
        context, download = self.context, self.download
        if result := changed(self.torrent, context.client.torrent(self.torrent.hash), context.config):
            return result
        before, now = (
            {file.name for file in files or [] if file.wanted} for files in (self.files, self.ask_for_files())
        )
        if now != before:
            return SELECTION_CHANGED
        download.removed_at = timezone.now()
        with context.job.transaction():
            Download.objects.filter(pk=download.pk).update(removed_at=download.removed_at)
        crash_point(CrashPoint.REMOVAL_INTENDED)
        context.effects.remove_torrents(context.client, [download.hash], with_files=with_files)
        context.removed.add(download.hash)
        crash_point(CrashPoint.TORRENT_REMOVED)
        return None
