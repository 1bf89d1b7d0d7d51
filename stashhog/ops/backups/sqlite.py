"""Backups of SQLite by its online backup interface: pages and workers go on meanwhile.

https://www.sqlite.org/backup.html; in WAL mode a backup reads one snapshot and keeps no writer waiting.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection

from jobs.texts.translatable import Translatable as _
from stashhog.ops import database_file
from stashhog.ops.backups.errors import BackupError, DamagedDatabaseError

SUFFIX = ".sqlite3"
MAGIC = b"SQLite format 3\0"
DAMAGED = _("The database is damaged (docs/operations.md says what to do)")
LOCK_TIMEOUT = 60.0  # seconds that others may keep the database locked


def database_path() -> Path:
    return Path(connection.settings_dict["NAME"])


def write(part: Path) -> None:
    """Copy the database to the new file ``part`` and check the copy. Raises BackupError."""
    try:
        with closing(_open(database_path(), "rw")) as database, closing(sqlite3.connect(part)) as copy:
            _copy(database, copy)
            # One file that is whole by itself, also on a read-only disk.
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()
            _check(copy, DAMAGED, DamagedDatabaseError)
    except sqlite3.Error as error:
        raise BackupError(_("The backup could not be made: {error}.", error=error)) from error


def refuse_damaged() -> None:
    """Read all of the database, without its indexes. Raises DamagedDatabaseError."""
    try:
        with closing(_open(database_path(), "ro")) as database:
            findings = [text for (text,) in database.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError:
        return  # locked, or away: whoever writes says so
    except sqlite3.DatabaseError as error:
        findings = [str(error)]
    if findings != ["ok"]:
        raise DamagedDatabaseError(_("{what}: {findings}.", what=DAMAGED, findings="; ".join(findings)))


def migrations_in(file: Path) -> set[tuple[str, str]]:
    """The migrations (app, name) that a backup has, after a check of the whole file. Raises BackupError."""
    try:
        with closing(_open(file, "ro")) as backup:
            _check(backup, _("{file} is damaged", file=file))
            tables = {name for (name,) in backup.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "django_migrations" not in tables:
                return set()
            return set(backup.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.Error as error:
        raise BackupError(_("{file} can't be read: {error}.", file=file, error=error)) from error


def load(file: Path) -> None:
    """Replace all that is in the database, in one transaction. Raises BackupError; then nothing has changed."""
    database_file.keep_private()
    try:
        with closing(_open(file, "ro")) as backup, closing(sqlite3.connect(database_path())) as database:
            _copy(backup, database)
    except sqlite3.Error as error:
        raise BackupError(_("The database could not be replaced and is as it was: {error}.", error=error)) from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    # All pages in one step: with several, each write of somebody else in between would start it over.
    source.backup(target, pages=-1, progress=give_up_after(LOCK_TIMEOUT))


def give_up_after(seconds: float) -> Callable[[int, int, int], Any]:
    """For `Connection.backup`, which tries for ever while the database is locked."""
    deadline = time.monotonic() + seconds

    def progress(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise BackupError(_("The database stayed locked for a minute: stop StashHog and try again."))

    return progress


def _check(database: sqlite3.Connection, otherwise: str, error: type[BackupError] = BackupError) -> None:
    findings = [text for (text,) in database.execute("PRAGMA integrity_check(3)")]
    if findings != ["ok"]:
        raise error(_("{what}: {findings}.", what=otherwise, findings="; ".join(findings)))
