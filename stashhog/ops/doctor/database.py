"""The database, its tables and its backups."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.timesince import timesince

from jobs.words import counted
from jobs.worker.execution import database_away
from stashhog.ops.backups import attempts
from stashhog.ops.doctor.findings import Finding, Level, found
from stashhog.ops.doctor.folders import of_hanging, that_hang
from stashhog.ops.doctor.readiness import unapplied

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
    """The newest one, and whether there should be a newer."""
    name, fix = "Backups", "Make one with `manage.py backup`, from time to time by itself (docs/operations.md)."
    in_folder, problem = None, f"none in {settings.BACKUPS_DIR}"
    if that_hang([settings.BACKUPS_DIR]):
        return of_hanging(settings.BACKUPS_DIR)
    try:
        in_folder = attempts.newest_file()
    except OSError as error:
        problem, fix = f"{settings.BACKUPS_DIR}: {error.strerror}", f"Mount or make the folder. {fix}"
    state = attempts.state(in_folder)
    if state.failed or state.missing:
        return found("backups", name, state.failed or state.missing, fix, bad=Level.WARN)
    if state.made is None:
        return found("backups", name, problem, fix, bad=Level.WARN)
    where = f": {state.where}" if state.where else ""
    return found("backups", name, f"the newest is {timesince(state.made)} old{where}")
