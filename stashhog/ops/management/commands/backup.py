"""`manage.py backup [FILE]`: the whole database into one file, while everything goes on."""

from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from jobs.management import SETTINGS
from stashhog.ops import backups
from stashhog.ops.notifications.models import Cause
from stashhog.ops.notifications.outbox import write


class Command(BaseCommand):
    help = "Write the whole database to a file; StashHog may go on meanwhile. Prints the path."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="A file, or a folder/; by default backups/ in the data.")

    def handle(self, *args: Any, file: str | None, **options: Any) -> None:
        try:
            self.stdout.write(str(backups.backup(file)))
        except backups.BackupError as error:
            tell(error)
            raise CommandError(str(error)) from error


def tell(error: backups.BackupError) -> None:
    """Those who want to hear of it, unless the database is what is wrong."""
    with suppress(DatabaseError), transaction.atomic():
        write(Cause.BACKUP_FAILED, "A backup failed", str(error), "/health/")
