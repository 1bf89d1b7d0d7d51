"""The processes of the demo: started in order, logging to files, and gone at its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from jobs import program
from jobs.owner import die_with_parent

STOP_WITHIN = 8.0  # seconds before what is left is killed


class DemoFailed(Exception):
    """{message}: the demo could not be started."""


class Processes:
    """Starts `python …` commands and stops all of them, in the opposite order."""

    def __init__(self, logs: Path, environment: dict[str, str]):
        self.logs, self.environment = logs, environment
        self.started: list[subprocess.Popen[str]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def run(self, *command: str, **extra: str) -> None:
        """To its end; raises DemoFailed with what it said when it did not succeed."""
        done = subprocess.run(
            [*program.python(), *command], env=self.environment | extra, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    def start(self, name: str, *command: str) -> subprocess.Popen[str]:
        """In the background, its errors logged to ``name``.log; stdout is for `address`."""
        with (self.logs / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [*program.python(), *command],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Ctrl-C is for the demo, which stops them in order.
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.started.append(process)
        return process

    def address(self, name: str, *command: str) -> str:
        """Start a server and return the address that its first line on stdout ends with."""
        process = self.start(name, *command)
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not line:
            raise DemoFailed(f"{name} did not start: {(self.logs / f'{name}.log').read_text()}")
        return line.split()[-1]

    def stop(self) -> None:
        for process in reversed(self.started):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_WITHIN)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody listens there, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as trial, suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
            return int(trial.getsockname()[1])
    raise DemoFailed("No port is free on 127.0.0.1.")
