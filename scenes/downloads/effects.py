"""All that a run does to the disk and to qBittorrent. Everything else in this package decides, and writes rows.

A dry run has others (`scenes.dry_run.effects`), which do nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jobs.context import JobContext
from scenes.attribution import disk
from scenes.configuration import Configuration
from scenes.downloads.files import copying, placing
from scenes.downloads.files.bursts.burst import Burst
from scenes.downloads.files.placing import Placed, Placement
from scenes.first_run.consequences import apply_decisions
from scenes.models import PlacedFile

if TYPE_CHECKING:
    from scenes.clients.qbittorrent.client import QBittorrentClient, Torrent


class Effects(Protocol):
    def apply_decisions(self, job: JobContext, config: Configuration, torrents: Sequence[Torrent]) -> None:
        """See `first_run.consequences`. Raises JobError while nobody decided about what was there before."""

    def place(self, placement: Placement, mode: str, burst: Burst) -> Placed:
        """See `files.placing`. Raises ItemFailed."""

    def remove_source(self, placement: Placement, *, was_copied: bool) -> Placed:
        """Likewise."""

    def note_placed(self, job: JobContext, row: PlacedFile, library: Path | None) -> None:
        """Learn from a success where things are, see `attribution.disk`; the library gets our marker."""

    def remove_leftovers(self, target: Path, row_id: int) -> None:
        """What copies of the file left behind when their processes were killed."""

    def remove_empty_folders(self, folders: Iterable[Path]) -> None:
        """Those of them that are empty, in this order."""

    def tag(self, client: QBittorrentClient, hashes: Sequence[str], tag: str) -> None:
        """Raises ServiceError."""

    def remove_torrents(self, client: QBittorrentClient, hashes: Sequence[str], *, with_files: bool) -> None:
        """Out of qBittorrent. Raises ServiceError."""


class RealEffects:
    def apply_decisions(self, job: JobContext, config: Configuration, torrents: Sequence[Torrent]) -> None:
        apply_decisions(job, config, torrents)

    def place(self, placement: Placement, mode: str, burst: Burst) -> Placed:
        return placing.place(placement, mode, burst)

    def remove_source(self, placement: Placement, *, was_copied: bool) -> Placed:
        return placing.remove_source(placement, was_copied=was_copied)

    def note_placed(self, job: JobContext, row: PlacedFile, library: Path | None) -> None:
        disk.placed(job, row, library, disk.make_marker)

    def remove_leftovers(self, target: Path, row_id: int) -> None:
        copying.remove_leftovers(target, row_id)

    def remove_empty_folders(self, folders: Iterable[Path]) -> None:
        with contextlib.suppress(OSError):  # it has other files, and then those above it, too
            for folder in folders:
                folder.rmdir()

    def tag(self, client: QBittorrentClient, hashes: Sequence[str], tag: str) -> None:
        client.add_tag(hashes, tag)

    def remove_torrents(self, client: QBittorrentClient, hashes: Sequence[str], *, with_files: bool) -> None:
        client.delete(hashes, with_files=with_files)
