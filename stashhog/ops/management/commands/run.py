"""`manage.py run`: the web process and a worker, together in one terminal."""

import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from jobs.management import program
from stashhog.ops.together import run_together


class Command(BaseCommand):
    help = "Prepare, then serve the pages and run jobs until it is stopped, or one of the two ends."
    requires_system_checks: list[str] = []  # `prepare` runs them

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.write("Checking the settings and bringing the database up to date …", self.style.MIGRATE_HEADING)
        call_command("prepare")
        connections.close_all()  # honcho forks
        self.stderr.write("Starting web and worker; Ctrl-C ends them.", self.style.MIGRATE_HEADING)
        sys.exit(run_together({name: program.command(name) for name in ("web", "worker")}))
