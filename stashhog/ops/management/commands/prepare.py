"""`manage.py prepare`: all that has to be done before a start; safe to do every time."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from jobs.conf import conf
from jobs.engine.error_boundary import AWAY
from jobs.models import Supervisor
from jobs.worker.execution import database_away
from stashhog.ops import backups, database_file


class Command(BaseCommand):
    help = "Check the settings, bring the database up to date and collect the static files."
    requires_system_checks: list[str] = []  # they are the first thing that it does

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.prepare()
        except AWAY as error:
            raise CommandError(database_away(error).message) from error

    def prepare(self) -> None:
        """In this order: nothing is written before the settings are right and there is a way back."""
        database_file.keep_private()
        call_command("check", databases=["default"])
        if is_upgrade():
            self.keep_a_way_back()
        call_command("migrate", interactive=False, verbosity=0)
        try_writing()
        backups.finish()
        try:
            call_command("collectstatic", interactive=False, verbosity=0)
        except OSError as error:
            where = settings.STATIC_ROOT
            raise CommandError(f"The pages' files could not be written to {where}: {error.strerror}.") from error
        if not get_user_model().objects.exists():
            self.stderr.write("Nobody can log in yet: make a first user with `createsuperuser` (`make admin`).")

    def keep_a_way_back(self) -> None:
        """A backup of SQLite; of PostgreSQL only the advice. Raises CommandError when it can't be made."""
        if connection.vendor != "sqlite":
            self.stderr.write(
                "This version changes the database. To be able to go back to the one before, keep backups of "
                "PostgreSQL: `manage.py backup` before each upgrade (docs/operations.md)."
            )
            return
        try:
            path = backups.backup_unless_there("before-upgrade")
        except backups.BackupError as error:
            raise CommandError(f"Not upgraded, since no backup could be made first. {error}") from error
        self.stderr.write(f"This version changes the database; as it was, it is in {path}.")


def try_writing() -> None:
    """A database that this user may only read would show at the first job. Raises CommandError."""
    try:
        with transaction.atomic():
            Supervisor.objects.create(process="prepare", host=conf.host_name)
            transaction.set_rollback(True)
    except DatabaseError as error:
        hint = "Do it and its folder belong to this user, and has the disk room?"
        raise CommandError(f"The database can't be written to: {error}. {hint}") from error


def is_upgrade() -> bool:
    """Whether the database is in use and this version has migrations that it hasn't."""
    executor = MigrationExecutor(connection)
    return bool(executor.loader.applied_migrations and executor.migration_plan(executor.loader.graph.leaf_nodes()))
