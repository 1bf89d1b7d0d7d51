"""`manage.py run`: the web process and a worker, together in one terminal."""

import os
import shlex
import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from honcho.manager import Manager

from jobs import program
from jobs.starter import STARTED_BY_HONCHO


class Command(BaseCommand):
    help = "Prepare, then serve the pages and run jobs until it is stopped, or one of the two ends."
    requires_system_checks: list[str] = []  # `prepare` runs them

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("prepare")
        connections.close_all()  # the manager forks
        manager = Manager()
        for name in ("web", "worker"):
            environment = os.environ | {STARTED_BY_HONCHO: name, "PYTHONUNBUFFERED": "1"}
            # honcho gives it to a shell; `exec`, so that signals reach the process itself.
            manager.add_process(name, f"exec {shlex.join(program.command(name))}", env=environment)
        manager.loop()
        sys.exit(manager.returncode)
