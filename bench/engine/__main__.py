"""How many small jobs two workers do a second, and how long one waits, beside plain django-q2 and procrastinate.

    python -m bench.engine [--jobs 2000]

The limit is django-q2 alone: its workers do nothing but call a function and keep the result. Ours are durable, can be
cancelled and tell of each transition. procrastinate (PostgreSQL only) is measured where it is installed, as it is by
`make bench`. Prints JSON.
PostgreSQL where BENCH_POSTGRES_URL, or a DATABASE_URL of one, gives it: databases made for the bench, and dropped.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from urllib.parse import urlsplit

from bench.sync import databases

SETTINGS = {"ours": "bench.engine.settings", "django-q2": "bench.engine.plain_settings", "procrastinate": ""}


@contextmanager
def empty_database(server: str, folder: str) -> Iterator[str]:
    """The address of one on the server, or of a file in the folder."""
    if not server:
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    import psycopg

    name = f"bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def measured(which: str, server: str, jobs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, empty_database(server, folder) as address:
        environment = os.environ | {
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": SETTINGS[which],
            "STASHHOG_DATA_DIR": folder,
            "STASHHOG_LOG_LEVEL": "WARNING",
            "STASHHOG_SECRET_KEY": "of the bench",
            "STASHHOG_WORKERS": "2",
        }
        command = [sys.executable, "-m", "bench.engine.rounds", which, str(jobs)]
        return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


def main(jobs: int) -> dict[str, dict[str, dict[str, float]]]:
    """By database, which, and figure."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for database, server in databases().items():
        every = ["ours", "django-q2", *(["procrastinate"] if server and find_spec("procrastinate") else [])]
        found[database] = {which: measured(which, server, jobs) for which in every}
    return found


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Small jobs, beside plain django-q2 and procrastinate.")
    command_line.add_argument("--jobs", type=int, default=2000)
    sys.stdout.write(json.dumps(main(command_line.parse_args().jobs), indent=1) + "\n")
