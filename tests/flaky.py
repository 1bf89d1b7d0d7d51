"""`python -m tests.flaky …`: pytest with these arguments; what failed is run once more, alone, and told apart.

A test that fails and then passes alone is FLAKY: it says something, but of the test or of the machine, and nobody knows
which. So it counts as failed, as those do that fail again; with STASHHOG_FLAKY=tell it is told only.

With STASHHOG_COVERAGE, a file, the first time writes to it which lines were run: see tests/coverage.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import coverage
from tests.processes import ROOT

FILE = "STASHHOG_FAILURES_FILE"  # environment variable: where this plugin of pytest writes the failures to
TESTS_FAILED = 1  # exit code of pytest
PYTEST = ("-m", "pytest")
ALONE = ("--last-failed", "--last-failed-no-failures=none", "-n0")

failures: dict[str, str] = {}  # test → the line that says why


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        text = crash.message if crash else str(report.longrepr)
        failures[report.nodeid] = text.splitlines()[0] if text else "no reason given"


def pytest_sessionfinish(session: pytest.Session) -> None:
    if FILE in os.environ and not hasattr(session.config, "workerinput"):
        Path(os.environ[FILE]).write_text(json.dumps(failures))


def run(options: list[str], pytest: Sequence[str] = PYTEST) -> tuple[int, dict[str, str]]:
    """The exit code, and what failed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "failures.json"
        command = [sys.executable, *pytest, "-p", "tests.flaky", *options]
        code = subprocess.run(command, cwd=ROOT, env=os.environ | {FILE: str(file)}, check=False).returncode
        return code, json.loads(file.read_text()) if file.exists() else {}


def main(options: list[str]) -> int:
    code, first = run(options, coverage.measured(PYTEST))
    if code != TESTS_FAILED:
        return code
    second, again = run([*options, *ALONE])
    lines = [f"{'FAILED TWICE' if test in again else 'FLAKY'} {test}: {reason}" for test, reason in first.items()]
    sys.stdout.write("\n".join(["", *lines, "FLAKY: failed, and passed when it was run alone. Look into each.\n"]))
    return second if os.environ.get("STASHHOG_FLAKY") == "tell" else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
