"""The database, its tables and its backups."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from jobs.texts.os_errors import text_of_error
from jobs.texts.translatable import translated
from jobs.worker.execution import database_away
from stashhog.ops.backups import attempts
from stashhog.ops.doctor.findings import Finding, Level, found
from stashhog.ops.doctor.folders import of_hanging, that_hang
from stashhog.ops.doctor.readiness import unapplied

DATABASE = gettext_noop("Database")


def of_database() -> list[Finding]:
    """Whether it answers and has all tables; what else there is can be looked at only then."""
    try:
        missing = unapplied()
    except (DatabaseError, InterfaceError) as error:
        away = database_away(error)
        return [
            Finding(
                "database", _(DATABASE), Level.FAIL, translated(away.message), _("Start it, or correct DATABASE_URL.")
            )
        ]
    fix = _("Run `manage.py prepare`, which makes a backup first.") if missing else ""
    tables = ngettext("{n} migration to apply", "{n} migrations to apply", missing).format(n=missing)
    return [
        found("database", _(DATABASE), _("{name} answers").format(name=connection.display_name)),
        found("migrations", _("Tables"), tables if missing else _("all migrations are applied"), fix),
    ]


def of_backups() -> Finding:
    """The newest one, and whether there should be a newer."""
    name = _("Backups")
    fix = _("Make one with `manage.py backup`, from time to time by itself.")
    in_folder, problem = None, ""
    if that_hang([settings.BACKUPS_DIR]):
        return of_hanging(settings.BACKUPS_DIR)
    try:
        in_folder = attempts.newest_file()
    except OSError as error:
        problem, fix = (
            f"{settings.BACKUPS_DIR}: {translated(text_of_error(error))}",
            " ".join([_("Mount or make the folder."), fix]),
        )
    state = attempts.state(in_folder)
    if text := state.problem or ("" if state.made else problem):
        return found("backups", name, translated(text), fix, bad=Level.WARN)
    if state.made is None:
        return found("backups", name, _("there is none yet"))
    where = f": {state.where}" if state.where else ""
    return found("backups", name, _("the newest is {time} old").format(time=timesince(state.made)) + where)
