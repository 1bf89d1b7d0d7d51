"""`manage.py recover`: what the supervisor does every moment, once."""

from typing import Any

from django.core.management.base import BaseCommand

from jobs import engine
from jobs.management import SETTINGS


class Command(BaseCommand):
    help = "Take the jobs of dead workers back and ring for everything that is due."
    requires_system_checks = [SETTINGS]

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Took back {engine.recover()} jobs.")
