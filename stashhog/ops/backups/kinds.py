"""Which way of backing up fits the database that is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from django.db import connection

from stashhog.ops.backups import postgresql, sqlite
from stashhog.ops.backups.errors import BackupError


class DatabaseKind(Protocol):
    """What `sqlite` and `postgresql` both have."""

    SUFFIX: str
    MAGIC: bytes

    def write(self, part: Path) -> None: ...

    def refuse_damaged(self) -> None: ...

    def migrations_in(self, file: Path) -> set[tuple[str, str]]: ...

    def load(self, file: Path) -> None: ...


SQLITE, POSTGRESQL = cast(DatabaseKind, sqlite), cast(DatabaseKind, postgresql)
NAMES = {"SQLite": SQLITE, "PostgreSQL": POSTGRESQL}


def in_use() -> DatabaseKind:
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE


def refuse_other_kinds(file: Path) -> None:
    """Raises BackupError when the file is not a backup of the kind of database in use."""
    try:
        with file.open("rb") as opened:
            start = opened.read(16)
    except OSError as error:
        raise BackupError(f"{file} can't be read: {error.strerror}.") from error
    found = [name for name, kind in NAMES.items() if start.startswith(kind.MAGIC)]
    if not found:
        raise BackupError(f"{file} is not a backup of StashHog.")
    if NAMES[found[0]] is not in_use():
        raise BackupError(f"{file} is a backup of {found[0]}, and the database in use is not (DATABASE_URL).")
