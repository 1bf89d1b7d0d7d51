"""`manage.py recover`: what the supervisor does twice a second, once."""

from typing import Any

from django.core.management.base import BaseCommand

from jobs import engine
from jobs.management import SETTINGS
from jobs.texts.words import counted


class Command(BaseCommand):
    help = "Rescue the jobs of dead workers and send wake-ups for everything that is due."
    requires_system_checks = [SETTINGS]

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Rescued {counted(engine.recover(), 'job')}.")
