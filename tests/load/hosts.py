"""Worker processes that think they are on hosts of their own: nobody sees whether another's process lives."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.models import QuerySet

from jobs.models import Job, Supervisor
from tests.load.tasks import JOURNAL
from tests.processes import descendants, started, until

SETTINGS = "tests.load.settings"
WORKERS = 3  # on each host
LEASE = 3.0  # seconds


@dataclass
class Host:
    """A `manage.py worker` with all its processes."""

    name: str
    pid: int

    def processes(self) -> list[int]:
        return [self.pid, *descendants(self.pid)]

    def signal(self, number: int) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """All at once, as when the power fails: stopped first, so that none notices the end of another."""
        self.signal(signal.SIGSTOP)
        self.signal(signal.SIGKILL)

    def freeze(self) -> None:
        """All at once; at a moment when none is inside a write transaction of SQLite, which would stop everybody."""
        while True:
            self.signal(signal.SIGSTOP)
            if _writable():
                return
            self.signal(signal.SIGCONT)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def claims(self) -> QuerySet[Job]:
        return Job.objects.claimed().filter(claimed_by__startswith=f"{self.name}|")


def _writable() -> bool:
    if connection.vendor != "sqlite":
        return True
    with contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=1)) as own:
        try:
            own.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        own.rollback()
        return True


@contextlib.contextmanager
def hosts(count: int, journal: Path, **extra: str) -> Iterator[list[Host]]:
    """Hosts with a short lease, all alive. ``extra``: more of their environment."""
    settings = {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "STASHHOG_WORKERS": str(WORKERS),
        "STASHHOG_LEASE": str(LEASE),
        "STASHHOG_HEARTBEAT": "0.5",
        "STASHHOG_RETRY_DELAY": "0.2",
        JOURNAL: str(journal),
    } | extra
    journal.touch()
    with contextlib.ExitStack() as stack:
        up = []
        for number in range(1, count + 1):
            name = f"host-{number}"
            process = stack.enter_context(started("manage.py", "worker", STASHHOG_HOST_NAME=name, **settings))
            host = Host(name, process.pid)
            stack.callback(host.signal, signal.SIGKILL)
            up.append(host)
        until(lambda: Supervisor.objects.count() == count, "all hosts' signs of life")
        yield up
