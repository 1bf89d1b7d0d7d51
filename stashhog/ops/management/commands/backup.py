"""`manage.py backup [FILE]`: the whole database into one file, while everything goes on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.management import SETTINGS
from stashhog.ops import backups


class Command(BaseCommand):
    help = "Write the whole database to a file; StashHog may go on meanwhile. Prints the path."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="A file, or a folder/; by default backups/ in the data.")

    def handle(self, *args: Any, file: str | None, **options: Any) -> None:
        try:
            self.stdout.write(str(backups.backup(file)))
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
