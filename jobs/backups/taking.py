"""Taking a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from jobs.backups import files, kinds, sqlite
from jobs.backups.errors import BackupError


def backup(target: Path | None = None, *, reason: str = "", keep_all: bool = False) -> Path:
    """Write the whole database as it is at this moment to a file and return its path; nobody has to stop.

    ``target``: a file, replaced if it is there, or a folder; by default a new name in the backups' folder, where old
    ones go unless ``keep_all``. ``reason``: part of that name. Raises BackupError.
    """
    if not has_tables():
        raise BackupError("There is nothing to back up yet: the database is empty.")
    kind = kinds.in_use()
    new = files.new_name(kind.SUFFIX, reason)
    path = new if target is None else target / new.name if target.is_dir() else target
    _refuse_the_database_itself(path)
    with files.arriving(path) as part:
        kind.write(part)
    if target is None and not keep_all:
        files.remove_old()
    return path


def has_tables() -> bool:
    """Whether the database was ever set up. Raises BackupError when it can't be read."""
    with readable():
        return MigrationRecorder(connection).has_table()


@contextmanager
def readable() -> Iterator[None]:
    """Raises BackupError when what is read inside can't be."""
    try:
        yield
    except DatabaseError as error:
        raise BackupError(f"The database can't be read (docs/operations.md says what to do): {error}.") from error


def _refuse_the_database_itself(path: Path) -> None:
    if connection.vendor == "sqlite" and path.exists() and path.samefile(sqlite.database_path()):
        raise BackupError(f"{path} is the database itself: choose another file.")
