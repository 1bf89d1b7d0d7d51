"""The states that a cluster's workers report to its supervisor, through a pipe that the cluster inherits.

A pipe needs no database, which may be locked or away; it belongs to one cluster, however many supervisors a host has;
and what a process wrote is still there when the process is not. Each line is "PID STATE".
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from enum import StrEnum

FD = "JOBS_READINESS_FD"  # environment variable: the number of the pipe's write end
AT_ONCE = 1 << 16  # bytes, which is what a pipe holds on Linux


class WorkerState(StrEnum):
    """Of a worker process."""

    LOOKING = "looking"  # it has started or received a message, and looks for a job to claim
    WORKING = "working"
    WAITING = "waiting"  # for a message


class NoPipe(Exception):
    """The pipe to the supervisor was closed by whatever started the cluster."""


class Receiver:
    """The supervisor's end."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        for end in (self.reader, self.writer):
            os.set_blocking(end, False)
        self.rest = b""

    def close_writer(self) -> None:
        """Once the cluster has inherited it."""
        os.close(self.writer)

    def close(self) -> None:
        os.close(self.reader)

    def receive(self) -> list[tuple[int, WorkerState]]:
        """The states reported since the last call, in order: pid and state."""
        with suppress(BlockingIOError):
            while piece := os.read(self.reader, AT_ONCE):
                self.rest += piece
        *lines, self.rest = self.rest.split(b"\n")
        reports = [line.decode().split() for line in lines]
        return [(int(pid), WorkerState(state)) for pid, state in reports]


_pipe: int | None = None


def inherit() -> None:
    """In the cluster's main process: keep the pipe for the workers, but for no other program. Raises NoPipe."""
    global _pipe
    number = os.environ.pop(FD, None)
    if number is None:  # nobody supervises this cluster
        return
    try:
        is_pipe = stat.S_ISFIFO(os.fstat(int(number)).st_mode)
    except OSError:
        is_pipe = False
    if not is_pipe:
        raise NoPipe(f"File descriptor {number} must be passed on to the cluster (an `exec` does).")
    _pipe = int(number)
    os.set_inheritable(_pipe, False)


def send(state: WorkerState) -> None:
    """In a worker. A line for which the pipe has no room is lost; the next one reports the state again."""
    if _pipe is not None:
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(_pipe, f"{os.getpid()} {state}\n".encode())
