"""`manage.py prune`: removes what is older than the settings say; the worker does it once a day by itself."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from jobs.management import SETTINGS
from jobs.texts.words import counted
from jobs.waiting import Waiter
from jobs.worker import retention

PAUSE = 0.02  # seconds between two pieces, for others to write


class Command(BaseCommand):
    help = "Remove events and jobs that are older than the settings say, and ended sessions."
    requires_system_checks = [SETTINGS]

    def handle(self, *args: Any, **options: Any) -> None:
        removed: Counter[str] = Counter()
        waiter = Waiter()
        for so_far in retention.prune():
            removed = so_far
            waiter.pause(PAUSE)
        self.stdout.write(f"Removed {counted(removed['jobs'], 'job')} and {counted(removed['events'], 'event')}.")
