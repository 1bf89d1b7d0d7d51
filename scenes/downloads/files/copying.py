"""Copying a file so that nothing half-written ever has its final name."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.crash_points import CrashPoint
from scenes.downloads.files.disk_errors import failure
from scenes.downloads.results import ItemFailed

CHUNK = 4 * 1024 * 1024  # bytes: a checkpoint after each
FLUSH_EVERY = 16 * CHUNK  # so that no flush of a long film keeps a stop or a cancel waiting

Report = Callable[[int], None]  # bytes copied so far; may raise to end the copy
Confirm = Callable[[], None]  # raises unless the copy is still wanted


def temporary_for(target: Path, row_id: int, claim: uuid.UUID | None) -> Path:
    """In the target's folder, so that the rename crosses no file system; no name that Stash takes for a video.

    Each claim has its own: a worker that was frozen, lost its claim and woke must not touch its successor's copy.
    """
    return target.with_name(f".stashhog-{row_id}-{claim.hex if claim else 'none'}.part")


def remove_leftovers(target: Path, row_id: int) -> None:
    """What copies of this file left behind when their processes were killed."""
    with contextlib.suppress(OSError):
        for left in target.parent.glob(f".stashhog-{row_id}-*.part"):
            left.unlink(missing_ok=True)


def copy(
    source: Path, target: Path, temporary: Path, report: Report, finish: Callable[[], None], confirm: Confirm
) -> None:
    """Copy to ``temporary``, flush, check the size, confirm, rename. Raises OSError, ItemFailed or what those raise.

    ``finish`` is called with the whole copy there, before it has its name.
    ``target`` is never overwritten (FileExistsError). Nothing is left behind on any error.
    """
    size = source.stat().st_size
    if shutil.disk_usage(target.parent).free < size:
        raise failure("disk_full", source, target, _("{size:,} bytes are needed", size=size))
    try:
        write(source, temporary, report)
        crash_point(CrashPoint.COPY_WRITTEN)
        check_size(source, temporary)
        finish()
        confirm()
        rename(temporary, target)
        crash_point(CrashPoint.COPY_NAMED)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write(source: Path, temporary: Path, report: Report) -> None:
    """Copy and flush the bytes, with the source's times."""
    with source.open("rb") as reading, temporary.open("wb") as writing:
        copied = 0
        while chunk := reading.read(CHUNK):
            writing.write(chunk)
            crash_point(CrashPoint.COPY_BEGUN)
            copied += len(chunk)
            if copied % FLUSH_EVERY == 0:
                writing.flush()
                os.fdatasync(writing.fileno())
            report(copied)
        writing.flush()
        os.fsync(writing.fileno())
    status = source.stat()
    os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))


def check_size(source: Path, temporary: Path) -> None:
    """Raise ItemFailed unless all of it was copied."""
    expected, found = source.stat().st_size, temporary.stat().st_size
    if expected != found:
        message = _(
            "The copy of {source} has {found:,} bytes instead of {expected:,}; it was thrown away.",
            source=source,
            found=found,
            expected=expected,
        )
        raise ItemFailed("wrong_size", message)


def rename(temporary: Path, target: Path) -> None:
    """Give the copy its name, or raise FileExistsError."""
    # A link and an unlink, since a plain rename would overwrite what somebody put there meanwhile.
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        temporary.rename(target)
