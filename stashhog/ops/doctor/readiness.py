"""Whether work would be done, in few words and little time: probes ask every few seconds."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from jobs import engine


def is_ready() -> bool:
    """Whether a run that is started now would be done: the database has all its tables, and a worker runs."""
    try:
        return not unapplied() and engine.worker_alive()
    except (DatabaseError, InterfaceError):
        return False


def unapplied() -> int:
    """How many migrations are to be applied. Raises DatabaseError or InterfaceError."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
