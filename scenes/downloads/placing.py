"""Placing one file at its target: a hard link, or a copy where the settings want or allow one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.crashpoints import CrashPoint, crash_point
from scenes.downloads.copying import Report, copy, temporary_for
from scenes.downloads.disk_errors import COPY_HELPS, as_failure
from scenes.downloads.outcomes import ItemFailed
from scenes.downloads.targets import check_inside


@dataclass(frozen=True)
class Placement:
    """One file to place. ``report`` hears of the bytes of a copy and may raise to end it.

    ``is_there``: it was placed before, and what is left of a move is to remove the source.
    """

    source: Path
    target: Path
    library: Path
    row_id: int
    report: Report
    is_there: bool = False

    @property
    def temporary(self) -> Path:
        return temporary_for(self.target, self.row_id)


@dataclass(frozen=True)
class Placed:
    """``code``: linked, copied or moved."""

    code: str
    message: str


def place(placement: Placement, mode: str) -> Placed:
    """Place the file by ``mode`` (hardlink, hardlink_or_copy, copy). Raises ItemFailed.

    On any error the target is absent, the source untouched, and folders made for it are gone again.
    """
    try:
        with _folders(placement):
            return _copied(placement) if mode == "copy" else _linked(placement, mode)
    except OSError as error:
        raise as_failure(error, placement.source, placement.target) from None


def move(placement: Placement) -> Placed:
    """As `place`, and then the source is removed: the target is safe by then. Raises ItemFailed."""
    placed = place(placement, "hardlink_or_copy")
    crash_point(CrashPoint.MOVE_PLACED)
    return remove_source(placement, how="" if placed.code == "linked" else " (copied, then removed there)")


def remove_source(placement: Placement, how: str = "") -> Placed:
    """The second half of a move. Raises ItemFailed."""
    try:
        if placement.target.resolve(strict=True) == placement.source.resolve():
            raise ItemFailed("name_taken", f"{placement.target} is only a link to {placement.source}.")
        placement.source.unlink(missing_ok=True)
        _flush_folder(placement.source.parent)
    except OSError as error:
        raise as_failure(error, placement.source, placement.target) from None
    return Placed("moved", f"Moved to {placement.target}{how}.")


def _linked(placement: Placement, mode: str) -> Placed:
    try:
        os.link(placement.source, placement.target)
    except OSError as error:
        if mode == "hardlink" or error.errno not in COPY_HELPS:
            raise
        return _copied(placement, f", since a hard link is not possible: {os.strerror(error.errno)}")
    _flush_folder(placement.target.parent)
    return Placed("linked", f"Linked to {placement.target}.")


def _copied(placement: Placement, why: str = "") -> Placed:
    copy(placement.source, placement.target, placement.temporary, placement.report)
    _flush_folder(placement.target.parent)
    return Placed("copied", f"Copied to {placement.target}{why}.")


@contextlib.contextmanager
def _folders(placement: Placement) -> Iterator[None]:
    """The target's folder is there inside the block; if that fails, what was made for it is removed."""
    made = [folder for folder in placement.target.parents if not folder.exists()]
    try:
        placement.target.parent.mkdir(parents=True, exist_ok=True)
        crash_point(CrashPoint.FOLDER_MADE)
        check_inside(placement.library, placement.target)
        for folder in made:
            _flush_folder(folder.parent)
        yield
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _flush_folder(folder: Path) -> None:
    """So that a power cut doesn't take back a name that a row says is there."""
    with contextlib.suppress(OSError):  # some network file systems can't
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
