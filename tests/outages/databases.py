"""Databases of a test's own, that it may lock, freeze and stop: this process and those it starts use them meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connections

from stashhog.settings import POSTGRES_OPTIONS, SQLITE_OPTIONS
from tests import tables
from tests.faults.postgres_server import OWNER, temporary_server
from tests.processes import descendants


@contextlib.contextmanager
def used(**settings: Any) -> Iterator[None]:
    """These settings are those of the default database."""
    before, connection = connections.settings["default"], connections["default"]
    connections.settings["default"] = {**before, **settings}
    del connections["default"]
    try:
        tables.make()
        yield
    finally:
        connections.close_all()
        connections.settings["default"], connections["default"] = before, connection


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else can write to the SQLite database."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[Path]:
    path = folder / "own.sqlite3"
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": SQLITE_OPTIONS}
    with used(**engine, CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=False):
        yield path


@dataclass(frozen=True)
class Postgres:
    """A server of its own; its log is beside ``data``."""

    url: str
    data: Path

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Its database is the default one, and empty afterwards."""
        address = urlsplit(self.url)
        server = {"HOST": address.hostname, "PORT": address.port, "NAME": "postgres", "OPTIONS": POSTGRES_OPTIONS}
        login = {"USER": address.username, "PASSWORD": address.password}
        with used(ENGINE="django.db.backends.postgresql", **server, **login):
            yield
            call_command("flush", interactive=False, verbosity=0)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stopped at once, its connections cut: as in a crash."""
        self._control("stop", "-m", "immediate")
        connections.close_all()
        yield
        self._control("restart", "-l", f"{self.data.parent}/log")  # keeps the options that it was started with

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of it stands still; connections stay open and nobody answers."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        pids = [postmaster, *descendants(postmaster)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
        for pid in reversed(pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _control(self, *command: str) -> None:
        program = max(Path("/usr/lib/postgresql").glob("*/bin")) / "pg_ctl"
        whole = [str(program), "-D", str(self.data), "-w", *command]
        if os.geteuid() == 0:
            whole = ["runuser", "-u", OWNER, "--", *whole]
        subprocess.run(whole, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A server, not yet used."""
    with temporary_server() as (url, data):
        yield Postgres(url, data)


def postgres_installed() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
