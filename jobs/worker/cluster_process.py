"""One cluster as its supervisor sees it: a group of processes, and the states that its workers report."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from jobs.worker import readiness
from jobs.worker.readiness import WorkerState


class Cluster:
    """Started by ``command``, which inherits the pipe of `jobs.worker.readiness`."""

    def __init__(self, command: list[str]):
        self.receiver = readiness.Receiver()
        self.states: dict[int, WorkerState] = {}
        self.has_worked = False  # any of its workers, at any time
        environment = os.environ | {"JOBS_SUPERVISED": str(os.getpid()), readiness.FD: str(self.receiver.writer)}
        # A session of its own: Ctrl-C on the terminal is for the supervisor, who stops the cluster.
        pipe = [self.receiver.writer]
        self.process = subprocess.Popen(command, start_new_session=True, env=environment, pass_fds=pipe)
        self.receiver.close_writer()

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.receiver.close()

    def owns(self, pid: int) -> bool:
        """Whether this is one of its processes."""
        with suppress(ProcessLookupError):
            return os.getpgid(pid) == self.process.pid
        return False

    def workers(self) -> dict[int, WorkerState]:
        """The state of each live worker by pid; one that has not reported that it is ready is left out."""
        for pid, state in self.receiver.receive():
            self.states[pid] = state
            self.has_worked |= state == WorkerState.WORKING
        self.states = {pid: state for pid, state in self.states.items() if self.owns(pid)}
        return self.states
