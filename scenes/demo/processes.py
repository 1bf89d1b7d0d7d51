"""The processes of the demo: started in order, writing to files that stay short, and gone at its end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from jobs.engine.process_id import die_with_parent
from jobs.management import program
from jobs.waiting import Waiter

T = TypeVar("T")
STOP_WITHIN = 8.0  # seconds before what is left is killed
# Only for what hangs, since an end is noticed at once: a busy machine may need minutes.
START_WITHIN = 600.0  # seconds
POLL_INTERVAL = 0.2  # seconds between two looks while something starts
LOG_LIMIT = 1_000_000  # bytes of a log, and again as many of what it held before
SHOWN = 2_000  # bytes of the end of a log in an error
ADDRESS = re.compile(rb"simulator on (http://\S+)\n")


class DemoFailed(Exception):
    """{message}: the demo could not be started, or can't go on."""


class Left(Exception):
    """Somebody ended the demo before it was up."""


class Processes:
    """Starts `python …` commands and stops all of them, in the opposite order.

    They write to files, not to pipes: a pipe that nobody reads stops its writer once it is full.
    """

    def __init__(self, logs: Path, environment: dict[str, str], waiter: Waiter | None = None):
        self.logs, self.environment, self.waiter = logs, environment, waiter or Waiter()
        self.started: list[subprocess.Popen[bytes]] = []
        self.needed: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def run(self, name: str, *command: str, **extra: str) -> None:
        """To its end. Raises DemoFailed with what it said when it did not succeed."""
        process = self._popen(name, command, extra)
        self.wait_for(lambda: process.poll() is not None, f"the end of {name}")
        self.started.remove(process)
        if process.returncode:
            raise self._failed(name, process.returncode)

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """In the background, to the end of the demo; what it says is in ``name``.log."""
        process = self.needed[name] = self._popen(name, command, {})
        return process

    def _popen(self, name: str, command: tuple[str, ...], extra: dict[str, str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("ab") as log:  # to append, so that it can be shortened meanwhile
            process = subprocess.Popen(
                [*program.python(), *command],
                env=self.environment | extra,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the demo, which stops them in order.
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.started.append(process)
        return process

    def address(self, name: str, *command: str) -> str:
        """Start a simulator and return the address that it says it is on."""
        self.start(name, *command)
        return self.wait_for(lambda: ADDRESS.search(self.log(name).read_bytes()), f"{name} to start")[1].decode()

    def wait_for(self, look: Callable[[], T | None], what: str) -> T:
        """The first true answer. Raises DemoFailed when a process ended, or after START_WITHIN; Left when woken."""
        for _ in range(int(START_WITHIN / POLL_INTERVAL)):
            if answer := look():
                return answer
            self.go_on()
            self.waiter.pause(POLL_INTERVAL)
        raise DemoFailed(f"Waited {START_WITHIN:g} s in vain for {what}; see the logs in {self.logs}.")

    def go_on(self) -> None:
        """Raises Left when woken."""
        if self.waiter.wake.is_set():
            raise Left
        self.look()

    def look(self) -> None:
        """Raises DemoFailed when a process has ended that is needed; keeps the logs short."""
        for name, process in self.needed.items():
            if process.poll() is not None:
                raise self._failed(name, process.returncode)
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_LIMIT:
                shorten(log)

    def _failed(self, name: str, code: int) -> DemoFailed:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        end_of_log = _end_of(self.log(name), SHOWN).decode(errors="replace").strip()
        return DemoFailed(f"The demo's process {name!r} {how}. The end of its log, {self.log(name)}:\n{end_of_log}")

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def stop(self) -> None:
        for process in reversed(self.started):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_WITHIN)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def shorten(log: Path) -> None:
    """Move the end of what it holds to ``….log.1``, and go on with an empty file; the writer notices nothing."""
    with suppress(OSError):  # without room for it, the older lines are lost
        log.with_suffix(".log.1").write_bytes(_end_of(log, LOG_LIMIT))
    os.truncate(log, 0)


def _end_of(log: Path, size: int) -> bytes:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - size))
        return file.read(size)


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody listens there, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as trial, suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
            return int(trial.getsockname()[1])
    raise DemoFailed("No port is free on 127.0.0.1.")
