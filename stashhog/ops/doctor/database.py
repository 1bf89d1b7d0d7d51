"""The database, its tables and its backups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.timesince import timesince

from jobs.words import counted
from jobs.worker.execution import database_away
from stashhog.ops.backups.files import newest
from stashhog.ops.doctor.findings import Finding, Level, found
from stashhog.ops.doctor.readiness import unapplied

OLD = timedelta(days=30)  # of a backup
DATABASE = "Database"


def of_database() -> list[Finding]:
    """Whether it answers and has all tables; what else there is can be looked at only then."""
    try:
        missing = unapplied()
    except (DatabaseError, InterfaceError) as error:
        away = database_away(error)
        return [Finding("database", DATABASE, Level.FAIL, away.message, "Start it, or correct DATABASE_URL.")]
    fix = "Run `manage.py prepare`, which makes a backup first." if missing else ""
    tables = f"{counted(missing, 'migration')} to apply" if missing else "all migrations are applied"
    return [
        found("database", DATABASE, f"{connection.display_name} answers"),
        found("migrations", "Tables", tables, fix),
    ]


def of_backups() -> Finding:
    """The newest one."""
    name, fix = "Backups", "Make one with `manage.py backup`, from time to time by itself (docs/operations.md)."
    try:
        last = newest()
        made = datetime.fromtimestamp(last.stat().st_mtime, UTC) if last else None
    except OSError as error:
        fix = "Mount or make the folder."
        return found("backups", name, f"{settings.BACKUPS_DIR}: {error.strerror}", fix, bad=Level.WARN)
    if made is None:
        return found("backups", name, f"none in {settings.BACKUPS_DIR}", fix, bad=Level.WARN)
    is_old = datetime.now(UTC) - made > OLD
    return found("backups", name, f"the newest is {timesince(made)} old", fix if is_old else "", bad=Level.WARN)
