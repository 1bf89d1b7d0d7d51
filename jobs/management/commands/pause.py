"""`manage.py pause`: begin nothing new, until `manage.py resume`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.errors import BadRequest
from jobs.management import SETTINGS
from jobs.scheduling import pausing


class Command(BaseCommand):
    help = "Begin nothing new until `resume`. What runs goes on to its end."
    requires_system_checks = [SETTINGS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", help="Shown on every page.")
        parser.add_argument(
            "--requeue-running", action="store_true", help="Queue what runs again at once, at no cost of an attempt."
        )

    def handle(self, *args: Any, reason: str, requeue_running: bool, **options: Any) -> None:
        try:
            pausing.pause(source="command", reason=reason, requeue_running=requeue_running)
        except BadRequest as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Paused: nothing new is begun.")
