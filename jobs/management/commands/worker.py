"""`manage.py worker`: runs jobs until it is stopped."""

from typing import Any

from django.core.management.base import BaseCommand

from jobs.supervisor import Supervisor, cluster_command


class Command(BaseCommand):
    help = "Run jobs: starts worker processes, replaces those that die, and stops in good order."

    def handle(self, *args: Any, **options: Any) -> None:
        Supervisor(cluster_command()).run()
