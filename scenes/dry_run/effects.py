"""Effects that do nothing: they say what would come of it, and note it."""

from __future__ import annotations

import errno
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from scenes.attribution import disk
from scenes.attribution.mounts import mount_of, mounts
from scenes.configuration import Configuration
from scenes.downloads.files.bursts.burst import Burst
from scenes.downloads.files.disk_errors import COPY_HELPS, as_failure, failure
from scenes.downloads.files.placing import NameTaken, Placed, Placement, as_placed, check_library, moved
from scenes.downloads.files.targets import check_inside
from scenes.downloads.library.planned import Planned, seen
from scenes.first_run.consequences import apply_decisions
from scenes.first_run.deciding import UNDECIDED
from scenes.models import DryRunItem, PlacedFile

if TYPE_CHECKING:
    from scenes.clients.qbittorrent.client import QBittorrentClient, Torrent


WITHOUT_LINKS = {"vfat", "exfat", "msdos"}  # types of file systems
PROTECTED_LINKS = Path("/proc/sys/fs/protected_hardlinks")  # proc_sys_fs(5)


class PlannedEffects:
    """``planned``: by path what would be there, see `downloads.library.planned`. ``items``: for the report."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.planned: dict[Path, Planned] = {}
        self.items: list[DryRunItem] = []
        self._copied: defaultdict[int, int] = defaultdict(int)  # bytes by device

    def apply_decisions(self, job: JobContext, config: Configuration, torrents: Sequence[Torrent]) -> None:
        """Whoever has not decided yet sees what would happen if what is there were taken."""
        try:
            apply_decisions(job, config, torrents)
        except JobError as error:
            if error.code != UNDECIDED:
                raise
            self.items.append(ask(self.step, error))

    def place(self, placement: Placement, mode: str, burst: Burst) -> Placed:
        try:
            is_copy = self._is_copy(placement, mode)
        except OSError as error:
            if error.errno == errno.EEXIST:
                taken = as_failure(error, placement.source, placement.target)
                raise NameTaken(taken.code, taken.message) from None
            raise as_failure(error, placement.source, placement.target) from None
        self.planned[placement.target] = Planned(placement.source, is_copy=is_copy)
        return as_placed(placement.target, linked=not is_copy)

    def remove_source(self, placement: Placement, *, was_copied: bool) -> Placed:
        self.planned[placement.source] = Planned(None)
        return moved(placement.target, was_copied=was_copied)

    def _is_copy(self, placement: Placement, mode: str) -> bool:
        """Whether it would be copied rather than linked. Raises OSError and ItemFailed as placing it would."""
        check_library(placement)
        folder = next(parent for parent in placement.target.parents if os.path.lexists(parent))
        check_writable(folder)
        check_inside(placement.library, placement.target.parent)
        if os.path.lexists(seen(placement.target)):
            raise as_os_error(errno.EEXIST, placement.target)
        if mode == "copy":
            self._check_copy(placement, folder)
            return True
        number = why_no_link(placement.source, folder)
        if not number:
            return False
        if mode == "hardlink" or number not in COPY_HELPS:
            raise as_os_error(number, placement.target)
        self._check_copy(placement, folder)
        return True

    def _check_copy(self, placement: Placement, folder: Path) -> None:
        """Raises as a copy would; room for those that come before it is taken."""
        with placement.source.open("rb"):
            size = placement.source.stat().st_size
        device, system = folder.stat().st_dev, os.statvfs(folder)
        if system.f_bavail * system.f_frsize - self._copied[device] < size:
            raise failure("disk_full", placement.source, placement.target, _("{size:,} bytes are needed", size=size))
        self._copied[device] += size

    def note_placed(self, job: JobContext, row: PlacedFile, library: Path | None) -> None:
        disk.placed(job, row, library, lambda folder, file: False)

    def remove_leftovers(self, target: Path, row_id: int) -> None:
        """Nothing to report: they are ours, and of no use."""

    def remove_empty_folders(self, folders: Iterable[Path]) -> None:
        """Nothing to report: that is a part of a move."""

    def tag(self, client: QBittorrentClient, hashes: Sequence[str], tag: str) -> None:
        text = _("It would get the tag {tag}.", tag=tag)
        self.items += [self._of_torrent(torrent_hash, DryRunItem.Action.TAG, text) for torrent_hash in hashes]

    def remove_torrents(self, client: QBittorrentClient, hashes: Sequence[str], *, with_files: bool) -> None:
        action = DryRunItem.Action.DELETE if with_files else DryRunItem.Action.REMOVE
        text = _("It would be removed from qBittorrent, and its files would stay on the disk.")
        if with_files:
            text = _("It would be removed from qBittorrent, with its files.")
        self.items += [self._of_torrent(torrent_hash, action, text) for torrent_hash in hashes]

    def _of_torrent(self, torrent_hash: str, action: DryRunItem.Action, message: str) -> DryRunItem:
        kind = DryRunItem.Kind.TORRENT
        return DryRunItem(step=self.step, kind=kind, key=torrent_hash, action=action, message=message)


def ask(step: str, error: JobError) -> DryRunItem:
    """A line that says what a run would ask a person before it does anything."""
    kind, action = DryRunItem.Kind.LIBRARY, DryRunItem.Action.ASK
    return DryRunItem(step=step, kind=kind, name="First run", action=action, code=error.code, message=error.message)


def check_writable(folder: Path) -> None:
    """Raise the OSError that making something in the folder would raise."""
    if not folder.is_dir():
        raise as_os_error(errno.ENOTDIR, folder)
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise as_os_error(errno.EROFS, folder)
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise as_os_error(errno.EACCES, folder)


def why_no_link(source: Path, folder: Path) -> int:
    """The number of the error that a hard link into the folder would give, as far as can be told; 0 for none.

    What only a trial can tell (as many links as the file system allows, a network share without links) it does not.
    """
    mounted, status = mounts(), source.stat()
    if status.st_dev != folder.stat().st_dev or mount_of(str(source), mounted) != mount_of(str(folder), mounted):
        return errno.EXDEV  # also two mounts of one disk
    mount = mount_of(str(folder), mounted)
    if mount is not None and mount.kind in WITHOUT_LINKS:
        return errno.EPERM
    return errno.EPERM if is_protected(source, status) else 0


def is_protected(source: Path, status: os.stat_result) -> bool:
    """Whether Linux forbids to link it: somebody else's file that we may not write to, or that runs as its owner."""
    if os.geteuid() in (0, status.st_uid) or not PROTECTED_LINKS.exists() or PROTECTED_LINKS.read_text().strip() == "0":
        return False
    runs_as_owner = bool(status.st_mode & stat.S_ISUID)
    return runs_as_owner or not os.access(source, os.R_OK | os.W_OK, effective_ids=True)


def as_os_error(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))
