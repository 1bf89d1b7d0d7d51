"""`manage.py worker`: runs jobs until it is stopped."""

from typing import Any

from django.core.management.base import BaseCommand

from jobs.management import SETTINGS
from jobs.worker.parent_watchdog import exit_with_parent
from jobs.worker.supervisor import ClusterSupervisor, cluster_command


class Command(BaseCommand):
    help = "Run jobs: starts worker processes, replaces those that die, and shuts down cleanly."
    requires_system_checks = [SETTINGS]

    def handle(self, *args: Any, **options: Any) -> None:
        exit_with_parent()
        ClusterSupervisor(cluster_command()).run()
