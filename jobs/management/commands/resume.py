"""`manage.py resume`: end the pause."""

from typing import Any

from django.core.management.base import BaseCommand

from jobs.management import SETTINGS
from jobs.scheduling import pausing


class Command(BaseCommand):
    help = "End the pause: what waits is begun."
    requires_system_checks = [SETTINGS]

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Resumed: what waits is begun." if pausing.resume() else "There is no pause.")
