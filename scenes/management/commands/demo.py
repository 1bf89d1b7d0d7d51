"""`manage.py demo`: everything at once, on simulated services and real generated videos."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import program
from jobs.waiting import Waiter
from scenes.demo.processes import DemoFailed

if TYPE_CHECKING:
    from scenes.demo.stage import Stage

EXTRA = ("aiohttp", "PIL")  # what the simulators need beyond StashHog itself


class Command(BaseCommand):
    help = "Show StashHog at work on simulated services and real generated videos, on SQLite."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="End when the run has ended, with its exit code.")
        parser.add_argument("--folder", type=Path, default=Path("demo-data"), help="Where all its files go.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not all(find_spec(name) for name in EXTRA):
            raise CommandError("The demo's simulators need more packages: pip install 'stashhog[demo]'.")
        from scenes.demo.stage import set_up

        leave = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: leave.set())
        try:
            with set_up(options["folder"].resolve(), self.say) as stage:
                code = self._show(stage, leave, options["once"])
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        if options["once"] or code:
            sys.exit(code)

    def say(self, text: str) -> None:
        self.stdout.write(text)

    def _show(self, stage: Stage, leave: threading.Event, once: bool) -> int:
        from scenes.demo.stage import wait_for

        wait_for(stage.url, answers)
        self.say(f"StashHog is on {stage.url} - log in as admin with the password {stage.password}")
        run = self._run(stage, leave)
        if not once and not leave.is_set():
            self.say(f"Still on {stage.url} (admin, {stage.password}). Ctrl-C ends it.")
            Waiter(leave).pause(threading.TIMEOUT_MAX)
        return run

    def _run(self, stage: Stage, leave: threading.Event) -> int:
        """One run, its progress on stderr and its result on stdout; returns its exit code."""
        command = program.command("process_new_scenes", "--wait", "--json", "--batch-size", "4")
        process = subprocess.Popen(command, env=stage.processes.environment | {"STASHHOG_LOG_LEVEL": "WARNING"})
        waiter = Waiter(leave)
        while process.poll() is None and not leave.is_set():
            waiter.pause(0.1)
        process.terminate()
        return process.wait()


def answers(url: str) -> bool:
    """Whether a server answers there at all."""
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False
