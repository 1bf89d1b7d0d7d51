"""`manage.py restore FILE`: a backup in the place of all that is in the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.management import SETTINGS
from stashhog.ops import backups


class Command(BaseCommand):
    help = "Replace the whole database by a backup, after a backup of what is there. Stop StashHog first."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="What `manage.py backup` wrote.")
        parser.add_argument("--force", action="store_true", help="Also while a worker is running.")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        try:
            # Told before anything changes: whatever comes, the way back is known.
            backups.restore(
                file, force=force, tell=lambda before: self.stderr.write(f"What is there now is in {before}.")
            )
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored {file}.")
