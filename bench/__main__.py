"""All that is measured, in one table: ours, the limit in the same run, the ratio, the target.

    make bench [FULL=1]

Each part is a process of its own. What is compared is measured in the same run by the same client and decoder: seconds
where services are waited for, and seconds of the processor ("CPU") where only our work counts, since they hardly
depend on what else the machine does. Writes bench/results.json, and the table of the README.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.lists import TARGETS
from bench.sync import databases, page_server, rounds

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
FULL = os.environ.get("FULL") == "1"
SYNC_SCENES = 100_000 if FULL else 20_000
JOBS = 1_000_000 if FULL else 200_000
SCENES = 1000
HEAD = ("what", "unit", "ours", "limit", "ratio", "target", "met")


@dataclass(frozen=True)
class Row:
    """``ratio``: of the limit, which ours comes near; ``limit`` and ``ratio`` None where there is none."""

    name: str
    unit: str
    ours: float
    limit: float | None
    ratio: float | None
    target: str
    met: bool


def part(module: str, *arguments: str) -> Any:
    """What a bench prints, as JSON."""
    command = [sys.executable, "-m", module, *arguments]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def sync_rows() -> list[Row]:
    """A full sync beside the bare drain of the same pages, paced as a real Stash is and as fast as they come."""
    found = []
    for paced, least in ((True, 0.92), (False, 0.35)):
        with page_server(SYNC_SCENES, paced) as url:
            for database, database_url in databases().items():
                took = rounds(database_url, url, 1 if FULL else 2)
                pace = "as Stash gives pages" if paced else "pages as fast as they come"
                for figure, name in (("first", "full sync"), ("again", "full sync again, nothing changed")):
                    rates = [SYNC_SCENES / took[figure], SYNC_SCENES / took["drain"]]
                    ratio = took["drain"] / took[figure]
                    named = f"{name}, {pace}, {database}"
                    found.append(Row(named, "scenes/s", *rates, ratio, f"≥ {least:.0%}", ratio >= least))
    return found


def change_rows() -> list[Row]:
    """Analysis and apply, and the bare writes."""
    took = part("bench.changes", "--scenes", str(SCENES))
    both, changes = took["analysis"] + took["apply"], 8 * SCENES
    name = f"analysis and apply of {SCENES:,} scenes × (4 tags + 4 markers)"
    rate, limit = changes / took["apply"], changes / took["bare"]
    cpu = 1000 * took["apply_cpu"] / changes, 1000 * took["bare_cpu"] / changes
    return [
        Row(name, "s", both, took["bare"], took["bare"] / both, "≤ 5 s", both <= 5),
        Row("apply alone", "changes/s", rate, limit, rate / limit, "2,000", rate >= 2000),
        Row("apply alone, CPU a change", "ms", *cpu, cpu[1] / cpu[0], "≤ 0.5 ms", cpu[0] <= 0.5),
    ]


def list_rows() -> list[Row]:
    """Pages over many jobs; the limit is the same page over none."""
    took = part("bench.lists", "--jobs", str(JOBS))
    found = []
    for name, most in TARGETS.items():
        ours, limit = took["full"][name], took["empty"][name]
        named = f"{name} with {JOBS:,} jobs, CPU"
        found.append(Row(named, "ms", ours, limit, limit / ours, f"≤ {most} ms", ours <= most))
    return found


def table(found: list[Row]) -> str:
    lines = [HEAD, ["---"] * len(HEAD)]
    for row in found:
        limit = "–" if row.limit is None else number(row.limit)
        ratio = "–" if row.ratio is None else f"{row.ratio:.0%}"
        lines.append([row.name, row.unit, number(row.ours), limit, ratio, row.target, "yes" if row.met else "no"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(found: list[Row]) -> None:
    """bench/results.json, and the table between its two marks in the README."""
    (HERE / "results.json").write_text(json.dumps([asdict(row) for row in found], indent=1, ensure_ascii=False) + "\n")
    text = README.read_text()
    between = f"{BEGIN}\n{table(found)}\n{END}"
    README.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: between, text, flags=re.DOTALL))


if __name__ == "__main__":
    measured: list[Row] = []
    for rows in (list_rows, change_rows, sync_rows):
        measured += rows()
        write(measured)  # after each part, since they take minutes
    sys.stdout.write(table(measured) + "\n")
