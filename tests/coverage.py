"""`python -m tests.coverage FILE`: the least covered files, and all, of what a run of pytest wrote to FILE.

By slipcover, which costs a fifth of the time of the tests; tracing costs two thirds. Only of tests without processes of
their own: most of the others wait for one to start.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

FILE = "STASHHOG_COVERAGE"  # environment variable: where to write to
SOURCE = "jobs,scenes,stashhog"
OMITTED = "*/migrations/*,scenes/simulators/*,scenes/demo/*"
SHOWN = 15
# It is imported before pytest, whose rewriting of assertions it does not need.
QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")


def measured(command: Sequence[str]) -> Sequence[str]:
    """The arguments of Python that run it; measured where the environment names a file."""
    file = os.environ.get(FILE)
    if not file:
        return command
    measuring = ["--immediate", "--json", "--out", file, "--source", SOURCE, "--omit", OMITTED]
    return ["-m", "slipcover", *measuring, *command, *QUIET]


def report(file: Path) -> str:
    written = json.loads(file.read_text())
    by_share = sorted((found["summary"]["percent_covered"], name) for name, found in written["files"].items())
    lines = [f"{percent:5.0f} %  {name}" for percent, name in by_share[:SHOWN]]
    return "\n".join([*lines, f"{written['summary']['percent_covered']:5.1f} %  of all lines"])


if __name__ == "__main__":
    sys.stdout.write(report(Path(sys.argv[1])) + "\n")
