"""What handling one torrent after the other needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from jobs.context import JobContext
from scenes.clients.qbittorrent import QBittorrentClient
from scenes.configuration import Configuration
from scenes.downloads.library import Library
from scenes.downloads.sharing import Sharing
from scenes.models import PlacedFile


@dataclass
class Work:
    """``done`` of ``total`` torrents are handled; ``removed``: hashes that this job took out of qBittorrent."""

    job: JobContext
    client: QBittorrentClient
    config: Configuration
    library: Library
    sharing: Sharing
    total: int = 0
    done: int = 0
    removed: set[str] = field(default_factory=set)
    now: str = field(default="", init=False)

    def begin(self, name: str) -> None:
        self.now = f"Torrent {self.done + 1} of {self.total}: {name}"
        self.job.progress(self.done, self.total, self.now)

    def copied(self, row: PlacedFile, count: int) -> None:
        """Called during a copy, with its bytes so far; ends it when the job is cancelled or stopped."""
        amount = f"{count / 1e9:.2f} of {row.size / 1e9:.2f} GB"
        self.job.progress(self.done, self.total, f"{self.now}: copying {Path(row.name).name}, {amount}")
