"""`python -m tests.faults`: every point with every victim, on SQLite and then on a PostgreSQL of its own.

    python -m tests.faults --on postgresql -- -k file-linked

What stands after `--` goes to pytest. Takes about two hours; `make test` takes a selection.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.postgres_server import temporary_server
from tests.processes import ROOT

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--on", choices=DATABASES, action="append", help="the database; both when not given")
    parser.add_argument("--short", action="store_true", help="only the selection that `make test` takes")
    given, rest = parser.parse_known_args()
    options = [option for option in rest if option != "--"]
    if not any(option.startswith("tests/") for option in options):
        options.append("tests/faults")
    setting = {} if given.short else {"STASHHOG_FAULTS": "all"}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server is stopped then too
    codes = [_run(database, options, setting) for database in given.on or DATABASES]
    return max(codes)


def _run(database: str, options: list[str], setting: dict[str, str]) -> int:
    if database == "sqlite":
        return _pytest(options, setting)
    with temporary_server() as (url, data):
        server = {"DATABASE_URL": url, "STASHHOG_FAULTS_POSTGRES": str(data), "STASHHOG_SECRET_KEY": "of the tests"}
        return _pytest(options, setting | server)


def _pytest(options: list[str], setting: dict[str, str]) -> int:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        environment = os.environ | {"STASHHOG_DATA_DIR": folder} | setting
        pytest = os.environ.get("PYTEST", "pytest")
        command = [sys.executable, "-m", pytest, f"--basetemp={Path(folder) / 'tests'}", *options]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
