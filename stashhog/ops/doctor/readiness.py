"""Whether work would be done, in few words and little time: probes ask every few seconds."""

from __future__ import annotations

from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from jobs import engine


def is_ready() -> bool:
    """Whether a run that is started now would be done: the database has all its tables, and a worker runs."""
    try:
        return not unapplied() and engine.worker_alive()
    except (DatabaseError, InterfaceError):
        return False


def unapplied() -> int:
    """How many migrations are to be applied. Raises DatabaseError or InterfaceError."""
    return len(known_migrations() - MigrationRecorder(connection).applied_migrations().keys())


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """App and name of all that the code has, which stays as it is while a process runs."""
    return frozenset(MigrationLoader(None).disk_migrations)
