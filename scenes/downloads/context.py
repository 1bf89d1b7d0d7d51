"""What all torrents of one run share: the services, the settings, the library, and how far the run is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.clients.qbittorrent.client import QBittorrentClient, Torrent
from scenes.configuration import Configuration
from scenes.configuration.destinations import EffectiveDestination
from scenes.downloads.effects import Effects, RealEffects
from scenes.downloads.files.sharing import Sharing
from scenes.downloads.library.folders import DestinationFolders
from scenes.downloads.library.identity import LibraryFiles
from scenes.models import Download, PlacedFile


@dataclass
class ProcessingContext:
    """``done`` of ``total`` torrents are handled; ``removed``: hashes that this job took out of qBittorrent.

    ``only``: hashes of those that it is for; None: all of them.
    """

    job: JobContext
    client: QBittorrentClient
    config: Configuration
    folders: DestinationFolders
    effects: Effects = field(default_factory=RealEffects)
    only: Collection[str] | None = None
    sharing: Sharing = field(init=False)
    library_files: LibraryFiles = field(init=False)
    total: int = 0
    done: int = 0
    removed: set[str] = field(default_factory=set)
    current: str = field(default="", init=False)
    part: float = field(default=0, init=False)  # of the current torrent that is done, 0…1
    part_of_file: float = field(default=0, init=False)  # what its file at hand adds to that

    def __post_init__(self) -> None:
        self.sharing = Sharing(self.client, self.config.path_map)
        self.library_files = LibraryFiles(self.job, self.config)

    def concerns(self, hash: str) -> bool:
        """Whether this job is for the torrent."""
        return self.only is None or hash in self.only

    def destination_of(self, download: Download, category: str, tags: Collection[str] = ()) -> EffectiveDestination:
        """Where its files go: as was decided when it was begun, else by the rows."""
        chosen, folder = self.config.destinations.of(category, tags), Path(download.destination)
        return self.config.destinations.kept_at(folder, chosen) if download.destination else chosen

    def begin(self, name: str) -> None:
        """Show which torrent is handled now."""
        self.part = self.part_of_file = 0
        self.current = _("Torrent {number} of {total}: {name}", number=self.done + 1, total=self.total, name=name)
        self.job.progress(self.done, self.total, self.current)

    def report(self, verb: str, number: int, count: int, *, is_prelude: bool = False) -> None:
        """Show which of the torrent's ``count`` files is at hand; ends a job that was cancelled.

        ``is_prelude``: what takes the time comes after all files had this.
        """

        def message() -> str:
            if count == 1:
                return self.current
            part_text = _("{doing} file {number} of {total:,}", doing=verb, number=number, total=count)
            return joined(": ", [self.current, part_text])

        self.part, self.part_of_file = (0, 0) if is_prelude else ((number - 1) / count, 1 / count)
        self.job.progress(self.done, self.total, message, part=self.part)

    def report_bytes(self, verb: str, row: PlacedFile, count: int) -> None:
        """Called while a file is copied or compared, with its bytes so far; ends that when the job is to end."""
        so_far = {"name": Path(row.name).name, "done": count / 1e9, "total": row.size / 1e9}
        part_text = _("{doing} {name}, {done:.2f} of {total:.2f} GB", doing=verb, **so_far)
        text = joined(": ", [self.current, part_text])
        part = self.part + self.part_of_file * min(count / row.size, 1) if row.size else self.part
        done = min(self.done, max(self.total - 1, 0))  # of a job that is at its end each report would be written
        self.job.progress(done, self.total or None, text, part=part)

    def confirm(self) -> None:
        """Right before a name appears or goes on the disk: raises ClaimLost or Cancelled when it must not."""
        with self.job.transaction():
            pass

    def user_of(self, sources: Collection[Path], *, but: str = "") -> Torrent | None:
        """A torrent that qBittorrent has now, other than this one and those taken out, with one of these files."""
        ours = {but, *self.removed}
        for _look in range(2):  # the first one may take long, the second one asks only for what came meanwhile
            torrents = [torrent for torrent in self.client.torrents() if torrent.hash not in ours]
            if user := self.sharing.user_of(sources, torrents):
                return user
        return None
