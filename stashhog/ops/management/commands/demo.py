"""`manage.py demo`: everything at once, on simulated services and real generated videos."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.engine.process_id import die_with_parent
from jobs.management import program
from jobs.waiting import Waiter
from scenes.demo.processes import POLL_INTERVAL, DemoFailed, Left

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

        waiter = self.waiter = Waiter()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # by `nohup`
                signal.signal(number, lambda *_: waiter.wake.set())
        try:
            with set_up(options["folder"].resolve(), self.print_line, waiter) as stage:
                code = self.show(stage, options["once"])
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        except Left:
            raise CommandError("Ended before the demo was up.", returncode=130) from None
        if options["once"] or code:
            sys.exit(code)

    def print_line(self, text: str) -> None:
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:  # nobody reads it any more, as when the terminal is closed
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self.waiter.wake.set()

    def show(self, stage: Stage, once: bool) -> int:
        """One run, and then the pages until somebody leaves, unless ``once``; the run's exit code."""
        processes, waiter = stage.processes, stage.processes.waiter
        processes.wait_for(lambda: answers(stage.url), f"{stage.url} to answer")
        self.print_line(f"StashHog is on {stage.url} - log in as admin with the password {stage.password}")
        run = self.run(stage)
        if not once and not waiter.wake.is_set():
            self.print_line(f"Still on {stage.url} (admin, {stage.password}). Ctrl-C ends it.")
            self._watch(stage, lambda: False)
        return run

    def run(self, stage: Stage) -> int:
        """One run, its progress on stderr and its result on stdout; returns its exit code."""
        command = program.command("process_new_scenes", "--wait", "--json", "--batch-size", "4")
        environment = stage.processes.environment | {"STASHHOG_LOG_LEVEL": "WARNING"}
        with subprocess.Popen(command, env=environment, preexec_fn=die_with_parent) as process:
            try:
                self._watch(stage, lambda: process.poll() is not None)
            finally:
                process.terminate()
        return process.returncode

    def _watch(self, stage: Stage, ended: Callable[[], bool]) -> None:
        """Until somebody leaves or what is waited for has ended. Raises DemoFailed when a process has."""
        waiter = stage.processes.waiter
        while not ended() and not waiter.wake.is_set():
            stage.processes.look()
            waiter.pause(POLL_INTERVAL)


def answers(url: str) -> bool:
    """Whether a server answers there at all."""
    try:
        return requests.get(f"{url}/healthz", timeout=30).ok
    except requests.RequestException:
        return False
