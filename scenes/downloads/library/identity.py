"""Whether the library has a file of a torrent already, whatever its name there: cross-seeded copies must not double it.

Rows and Stash only say where to look. That it is the same one is decided by what is on the disk now: one file under two
names, or the same bytes. A fingerprint rules files out, and proves nothing.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes import services
from scenes.clients.base import ServiceError
from scenes.clients.stash.client import PER_REQUEST
from scenes.clients.stash.fingerprints import oshash
from scenes.configuration import Configuration
from scenes.downloads.library import planned
from scenes.downloads.library.planned import seen
from scenes.models import TO_DO, Download, PlacedFile, SceneFile, SyncState
from scenes.pieces import pieces

CHUNK = 4 * 1024 * 1024  # bytes: a report after each
CANDIDATES = 50  # files of one size that are looked at
COMPARISONS = 3  # of them that are read as a whole, for one file

Report = Callable[[int], object]  # bytes compared so far; may raise to end it


def is_link(first: Path, second: Path) -> bool:
    """Whether both are there and are one file on the disk."""
    try:
        return first.samefile(seen(second))
    except OSError:
        return False


def same_file(first: Path, second: Path, report: Report) -> bool:
    """Whether both are one file on the disk, or have the same size and content."""
    second = seen(second)
    try:
        first_status, second_status = first.stat(), second.stat()
        if os.path.samestat(first_status, second_status):
            return True
        if first_status.st_size != second_status.st_size or not stat.S_ISREG(second_status.st_mode):
            return False
        with first.open("rb") as reading, second.open("rb") as other_reading:
            return same_bytes(reading, other_reading, report)
    except OSError:
        return False  # not readable, so not known to be the same


def same_bytes(first: BinaryIO, second: BinaryIO, report: Report) -> bool:
    """False as well when one of the two changed meanwhile."""
    before = [file_state(os.fstat(stream.fileno())) for stream in (first, second)]
    compared = 0
    while chunk := first.read(CHUNK):
        if chunk != second.read(CHUNK):
            return False
        compared += len(chunk)
        report(compared)
    return not second.read(1) and before == [file_state(os.fstat(stream.fileno())) for stream in (first, second)]


def file_state(status: os.stat_result) -> tuple[int, int, int, int]:
    """What changes when a file is written or replaced; for two looks within one job, never to be kept."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def file_states(paths: Iterable[Path]) -> list[tuple[int, int, int, int] | None]:
    """Of each of them, None for one that can't be looked at."""
    found: list[tuple[int, int, int, int] | None] = []
    for path in paths:
        try:
            found.append(file_state(path.stat()))
        except (OSError, ValueError):
            found.append(None)
    return found


class LibraryFiles:
    """Where the library may have the files of the torrent at hand: what our rows and Stash say, by size."""

    def __init__(self, job: JobContext, config: Configuration):
        self.job, self.config, self.destinations = job, config, config.destinations
        self._by_size: dict[int, dict[Path, bool]] = {}  # of each path whether Stash has a scene of it
        self._stash_is_away = False
        self.folders = [*self.destinations.folders]

    def look_up(self, download: Download, rows: Sequence[PlacedFile]) -> None:
        """For ``rows``, the torrent's files that are to be placed: a few statements, however many they are."""
        self._by_size = defaultdict(dict)
        state = SyncState.objects.filter(pk=SyncState.SINGLETON).first() or SyncState()
        theirs = set(state.library_folders).difference(state.folders_without_video)
        self.folders = [*self.destinations.folders, *(self.our_path(folder) for folder in theirs)]
        sizes = download.files.filter(video=None, outcome__in=TO_DO, size__gt=0).order_by().values("size")
        in_stash = SceneFile.objects.filter(size__in=sizes, scene__deleted_at=None).order_by()
        for size, path in in_stash.values_list("size", "path").iterator():
            self.add(size, self.our_path(path), in_stash=True)
        # Also of one that was placed by a process that died before it said so: what is there decides.
        placed = PlacedFile.objects.filter(size__in=sizes, target__gt="").order_by()
        for size, target in placed.values_list("size", "target").iterator():
            self.add(size, Path(target))
        self.ask_stash([row for row in rows if not row.video_id and row.size and row.source])

    def our_path(self, path: str) -> Path:
        return Path(self.config.path_map.to_ours("stash", path))

    def add(self, size: int, path: Path, *, in_stash: bool = False) -> None:
        """A file that the library has, or had. What lies in none of Stash's folders is not of the library."""
        known = self._by_size.setdefault(size, {})
        if path in known or (len(known) < CANDIDATES and any(map(path.is_relative_to, self.folders))):
            known[path] = in_stash or known.get(path, False)

    def ask_stash(self, rows: Sequence[PlacedFile]) -> None:
        """Of what came or was renamed since the last sync only Stash knows the place."""
        sizes: dict[str, int] = {}
        for row in rows:
            self.job.checkpoint()
            if not any(is_link(Path(row.source), path) for path in self._by_size.get(row.size, ())):
                sizes |= dict.fromkeys(fingerprints_of(Path(row.source)), row.size)
        try:
            for part in pieces(sizes, PER_REQUEST):
                found = services.stash(self.job).files_by_oshash(list(part))
                for file in chain.from_iterable(found.values()):
                    self.add(file.size, self.our_path(file.path), in_stash=True)
        except ServiceError as error:
            if not self._stash_is_away:
                so = _("So where the library has a file already is looked up as of the last sync.")
                text = joined(" ", [error.message, so])
                self.job.log(text, "warning")
            self._stash_is_away = True

    def in_stash(self, row: PlacedFile, path: Path) -> bool:
        """Whether Stash has a scene of this path, as far as was looked up."""
        return self._by_size.get(row.size, {}).get(path, False)

    def find(self, row: PlacedFile, source: Path, report: Report) -> Path | None:
        """Where the library has the very file; None when nowhere."""
        places = [path for path in self._by_size.get(row.size, ()) if self.is_another(path, row, source)]
        linked = next((path for path in places if is_link(source, path)), None)
        if linked is not None:
            return linked
        fingerprints = fingerprints_of(source) if places else []
        alike = (path for path in places if fingerprints and fingerprints_of(path) == fingerprints)
        return next((path for path in islice(alike, COMPARISONS) if same_file(source, path, report)), None)

    def is_another(self, path: Path, row: PlacedFile, source: Path) -> bool:
        """Not the torrent's own file, nor another one in its folder, where Stash's folders have the downloads too."""
        if path.is_relative_to(row.save_folder) and not self.destinations.holding(path):
            return False
        if planned.of(path):
            return True
        try:
            return path.is_symlink() or path.resolve(strict=True) != source
        except (OSError, RuntimeError):  # not there, or a loop of links
            return False


def fingerprints_of(path: Path) -> list[str]:
    """Its oshash; nothing when it can't be read."""
    try:
        return [oshash(seen(path))]
    except (OSError, ValueError):
        return []
