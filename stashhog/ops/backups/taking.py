"""Making a backup."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from jobs.texts.translatable import Translatable as _
from stashhog.ops import database_file
from stashhog.ops.backups import attempts, files, kinds
from stashhog.ops.backups.errors import BackupError


def backup(target: str | Path | None = None, *, reason: str = "", keep_all: bool = False) -> Path:
    """Write the whole database as it is at this moment to a file and return its path; nobody has to stop.

    ``target``: a file, replaced if it is there, or a folder, which with a slash at its end has to be there; by default
    a new name in the backups' folder, where old ones go unless ``keep_all``. ``reason``: part of that name. Raises
    BackupError.
    """
    if not has_tables():
        raise BackupError(_("There is nothing to back up yet: the database is empty."))

    def make() -> Path:
        kind = kinds.in_use()
        new = files.new_name(kind.SUFFIX, reason)
        path = path_for(new, target)
        refuse_the_database_itself(path)
        with files.arriving(path) as part:
            kind.write(part)
        if target is None and not keep_all:
            files.remove_old(path)
        return path

    if reason:  # it is compared with others, so the database has to stay as it is
        return attempts.reporting_failure(make)
    attempts.reporting_failure(kinds.in_use().refuse_damaged)
    return attempts.recorded(make)


def backup_unless_there(reason: str) -> Path:
    """A backup made for ``reason`` of the database as it is now: a new one, or one that is there and has the same.

    However often it is asked for, it fills no disk and no older backup goes. Raises BackupError.
    """
    new = backup(reason=reason, keep_all=True)
    same = files.equal_to(new, reason)
    if same:
        new.unlink()
    return same or new


def path_for(new: Path, target: str | Path | None) -> Path:
    """Where it goes: ``target`` as in `backup`; by default ``new``, in the backups' folder, which is made."""
    if target is not None:
        is_folder = Path(target).is_dir() or os.fspath(target).endswith(os.sep)
        return Path(target) / new.name if is_folder else Path(target)
    try:
        settings.BACKUPS_DIR.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(files.not_written(new, error)) from error
    return new


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
        text = _("The database can't be read (docs/operations.md says what to do): {error}.", error=error)
        raise BackupError(text) from error


def refuse_the_database_itself(path: Path) -> None:
    """Nor what SQLite and we keep beside it under its name, there or not: a backup would be taken for it."""
    for database in database_file.paths()[:1]:
        target, ours = path.resolve(), database.resolve()
        beside = target.parent == ours.parent and target.name.startswith(f"{ours.name}-")
        if target == ours or beside or (path.exists() and path.samefile(database)):
            text = _("{path} is the database itself, or belongs to it: choose another file.", path=path)
            raise BackupError(text)
