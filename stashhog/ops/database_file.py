"""The files of an SQLite database, and who may read them."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from django.db import connection

BESIDE = ("", "-wal", "-shm", "-journal")  # https://www.sqlite.org/tempfiles.html
OTHERS = stat.S_IRWXO
GROUP = stat.S_IRWXG


def paths() -> list[Path]:
    """The database and what SQLite puts beside it, there or not; none when the database is no file."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or name.startswith((":", "file:")):
        return []
    return [Path(name + end) for end in BESIDE]


def keep_private() -> None:
    """Let nobody else read it: it holds digests of passwords and the keys of sessions. Makes it, when it is missing.

    What SQLite puts beside it later has the same rights. Files of another user are left alone, and so is a group that
    may write: somebody shares them on purpose.
    """
    with suppress(OSError):  # of a folder that is missing, say: SQLite tells
        for database in paths()[:1]:
            database.touch(mode=0o600)
    for path in paths():
        with suppress(OSError):  # gone by now, or on a disk that knows no rights
            about = path.stat()
            excess = OTHERS if about.st_mode & stat.S_IWGRP else OTHERS | GROUP
            if about.st_uid == os.geteuid() and about.st_mode & excess:
                path.chmod(stat.S_IMODE(about.st_mode) & ~excess)
