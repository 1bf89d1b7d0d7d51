"""The PostgreSQL server that the tests run on, if it is one that they may kill (STASHHOG_FAULTS_POSTGRES).

Or one made for that: `temporary_server`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.db import connections

from tests.processes import alive, descendants, until

OWNER = "postgres"  # the server refuses to run as root


def postgres_data() -> Path | None:
    """The data folder of a PostgreSQL server that tests may kill: the one that they run on."""
    folder = os.environ.get("STASHHOG_FAULTS_POSTGRES")
    return Path(folder) if folder else None


def kill() -> None:
    """SIGKILL to the server's first process."""
    postmaster = int((_data() / "postmaster.pid").read_text().split()[0])
    backends = descendants(postmaster)
    os.kill(postmaster, signal.SIGKILL)
    # Those that are idle find out when they are asked next, or within a second.
    until(lambda: not alive([postmaster, *backends]), "the server's processes to be gone")


def restart() -> None:
    """Start it again, with the options it had."""
    data = _data()
    # `restart` keeps the options that it was started with.
    until(lambda: not _program("pg_ctl", "-D", str(data), "-w", "-l", f"{data}/log", "restart"), "PostgreSQL", 60)
    connections.close_all()


def _data() -> Path:
    data = postgres_data()
    assert data is not None
    return data


@contextlib.contextmanager
def temporary_server() -> Iterator[tuple[str, Path]]:
    """The address of a fresh server, and its data folder; nothing of it is left."""
    folder = Path(tempfile.mkdtemp(prefix="faults-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    data = folder / "data"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200"
    # A killed process loses nothing that it gave to the kernel, and the restart need not flush every file.
    options += " -c fsync=off"
    try:
        made = ("-D", str(data), "-U", "stashhog", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        assert not _program("initdb", *made), "initdb failed"
        assert not _program("pg_ctl", "-D", str(data), "-w", "-l", f"{folder}/log", "-o", options, "start")
        yield f"postgres://stashhog:unused@127.0.0.1:{port}/postgres", data
    finally:
        _program("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str, *options: str) -> int:
    """Run one of the server's programs as its owner; its exit code."""
    # Where Debian puts the newest one.
    path = max(Path("/usr/lib/postgresql").glob("*/bin")) / name
    command = [str(path), *options]
    if os.geteuid() == 0:
        command = ["runuser", "-u", OWNER, "--", *command]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
