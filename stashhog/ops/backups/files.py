"""Backup files: their names, how they come to be, and how old ones go."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from stashhog.ops.backups.errors import BackupError

OURS = re.compile(r"\d{4}-\d\d-\d\d_\d{6}(-[a-z-]+)?(-\d+)?\.(sqlite3|dump)")
TIME_LENGTH = len("2026-11-23_015052")
UNFINISHED = ".stashhog-unfinished"
LEFT_BEHIND = timedelta(days=1)  # since the last write to a backup that was cut off


def new_name(suffix: str, reason: str = "") -> Path:
    """A free name in the backups' folder: the time in UTC and why it was made."""
    stem = f"{datetime.now(UTC):%Y-%m-%d_%H%M%S}" + (f"-{reason}" if reason else "")
    path, number = settings.BACKUPS_DIR / f"{stem}{suffix}", 1
    while path.exists():
        number += 1
        path = settings.BACKUPS_DIR / f"{stem}-{number}{suffix}"
    return path


@contextmanager
def arriving(target: Path) -> Iterator[Path]:
    """A path to write to. The file gets the name ``target`` when the block ends well; else nothing is left of it.

    Raises BackupError when that can't be, the folder can't be written or the disk is full.
    """
    try:
        refuse_what_can_not_be(target)
        remove_left_behind(target.parent)
        with tempfile.TemporaryDirectory(prefix=".", suffix=UNFINISHED, dir=target.parent) as folder:
            part = Path(folder) / target.name
            yield part
            part.chmod(0o600)  # it holds digests of passwords and tokens
            part.replace(target)
        # A name is on the disk when its folder is.
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BackupError(not_written(target, error)) from error


def not_written(file: Path, error: OSError) -> str:
    return _("The backup could not be written to {file}: {reason}.", file=file, reason=text_of_error(error))


def refuse_what_can_not_be(target: Path) -> None:
    """A folder that is missing is not made: it may be where a disk belongs that is not mounted."""
    text = _("The backup could not be written to {file}:", file=target)
    if not target.parent.is_dir():
        raise BackupError(joined(" ", [text, _("there is no folder {folder}. Is it mounted?", folder=target.parent)]))
    if (target.exists() or target.is_symlink()) and not target.is_file():
        raise BackupError(joined(" ", [text, _("what is there is not a file.")]))


def remove_left_behind(folder: Path) -> None:
    """What a power cut left of an unfinished backup, not what another process is writing now."""
    limit = (datetime.now(UTC) - LEFT_BEHIND).timestamp()
    for left in folder.glob(f".*{UNFINISHED}"):
        if left.stat().st_mtime < limit:
            shutil.rmtree(left, ignore_errors=True)


def newest() -> Path | None:
    """The backup that was made last, by the times in their names; None without any. Raises OSError."""
    return max(in_folder(), key=lambda path: path.name[:TIME_LENGTH], default=None)


def remove_old(new: Path) -> None:
    """Keep STASHHOG_BACKUPS_KEPT in the backups' folder: ``new`` and the newest of the others; 0 keeps all.

    Newest by their names: after a clock that was wrong, older ones may have later times than ``new``.
    """
    others = [path for path in in_folder() if path != new]
    others.sort(key=lambda path: (path.name[:TIME_LENGTH], path.stat().st_mtime_ns), reverse=True)
    for path in others[settings.BACKUPS_KEPT - 1 :] if settings.BACKUPS_KEPT else []:
        path.unlink(missing_ok=True)


def equal_to(new: Path, reason: str) -> Path | None:
    """Another backup in the backups' folder that was made for the same ``reason`` and has the same content."""
    others = [path for path in in_folder() if path != new and path.name[TIME_LENGTH:].startswith(f"-{reason}")]
    return next((path for path in others if filecmp.cmp(path, new, shallow=False)), None)


def in_folder() -> list[Path]:
    """All backups in the backups' folder, which the first one makes. Raises OSError."""
    try:
        return [path for path in settings.BACKUPS_DIR.iterdir() if OURS.fullmatch(path.name)]
    except FileNotFoundError:
        return []
