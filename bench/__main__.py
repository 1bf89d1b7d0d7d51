"""All that is measured, in one table: ours, the limit in the same run, the ratio, the target.

    make bench [FULL=1 | QUICK=1]

QUICK are sizes for a look in between: constant costs weigh more in them, so targets may be missed. Each part is a
process of its own. What is compared is measured in the same run by the same client and decoder: seconds where services
are waited for, and seconds of the processor ("CPU") where only our work counts, since they hardly depend on what else
the machine does. Writes bench/results.json, and the table of the README.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import analysis, lists, scenes
from bench.servers import page_server
from bench.sync import databases, rounds
from tests.faults.postgres_server import temporary_server

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
SIZE = next((size for size in ("FULL", "QUICK") if os.environ.get(size) == "1"), "")
SYNC_SCENES = {"FULL": 100_000, "QUICK": 2000}.get(SIZE, 20_000)
JOBS = {"FULL": 1_000_000, "QUICK": 20_000}.get(SIZE, 200_000)
LISTED_SCENES = {"FULL": 1_000_000, "QUICK": 10_000}.get(SIZE, 100_000)
SCENES = {"QUICK": 100}.get(SIZE, 1000)
SMALL_JOBS = {"QUICK": 300}.get(SIZE, 2000)
MANY_SCENES = {"QUICK": 5000}.get(SIZE, 100_000)
FILMS = {"QUICK": 40}.get(SIZE, 200)
FILES = {"FULL": 50_000, "QUICK": 50}.get(SIZE, 500)
MOST_SCENES = {"FULL": 1_000_000, "QUICK": 5000}.get(SIZE, 100_000)
FEW_SCENES = {"QUICK": 2000}.get(SIZE, 20_000)
MOST_FOR_NOTHING = {"SQLite": 0.4, "PostgreSQL": 0.35}  # s
MOST_CPU = {"first": 125, "again": 90}  # ms for a thousand scenes
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
                took = rounds(database_url, url, 1 if SIZE else 2)
                pace = "as Stash gives pages" if paced else "pages as fast as they come"
                for figure, name in (("first", "full sync"), ("again", "full sync again, nothing changed")):
                    ours, limit = SYNC_SCENES / took[figure], SYNC_SCENES / took["drain"]
                    ratio = took["drain"] / took[figure]
                    named = f"{name}, {pace}, {database}"
                    found.append(Row(named, "scenes/s", ours, limit, ratio, f"≥ {least:.0%}", ratio >= least))
                    if not paced:
                        cpu, bare = (1e6 * took[f"{key}_cpu"] / SYNC_SCENES for key in (figure, "drain"))
                        most = MOST_CPU[figure]
                        named = f"{name}, CPU a thousand scenes, {database}"
                        found.append(Row(named, "ms", cpu, bare, bare / cpu, f"≤ {most} ms", cpu <= most))
    return found


def incremental_rows() -> list[Row]:
    """Syncs of what changed. The limit of deletions is two answers with the ids of all scenes, in the same run."""
    many = part("bench.incremental", "--scenes", str(MANY_SCENES))
    found = []
    for figure, what, most in (
        ("nothing", "nothing changed", 0.15),
        ("changed", "100 changed", 0.5),
        ("synced", f"{MANY_SCENES // 10:,} changed two hours ago and already synced", 0.5),
    ):
        named = f"sync of {MANY_SCENES:,} scenes, {what}"
        found.append(Row(named, "s", many[figure], None, None, f"≤ {most} s", many[figure] <= most))
    ours, limit = many["destroyed"], many["sweeps"]
    named = f"sync of {MANY_SCENES:,} scenes, 15 destroyed"
    found.append(Row(named, "s", ours, limit, limit / ours, "≤ 1.1 × two answers with all ids", ours <= 1.1 * limit))
    return found


def memory_rows() -> list[Row]:
    """The most memory of a full sync, beside that of one of few scenes."""
    few, most = (
        part("bench.incremental", "--only-peak", "--scenes", str(scenes))["peak"]
        for scenes in (FEW_SCENES, MOST_SCENES)
    )
    named = f"peak memory of a full sync of {MOST_SCENES:,} scenes, beside {FEW_SCENES:,}"
    return [Row(named, "MB", most, few, few / most, "≤ 1.2 ×", most <= 1.2 * few)]


def generation_rows() -> list[Row]:
    """The look at the outputs of scenes of which nothing is known yet."""
    took = part("bench.generation", "--scenes", str(SCENES))
    each, cpu = 1000 * took["look"] / SCENES, 1000 * took["look_cpu"] / SCENES
    return [
        Row("look at the outputs of a scene, all there", "ms", each, None, None, "≤ 4 ms", each <= 4),
        Row("look at the outputs of a scene, CPU", "ms", cpu, None, None, "≤ 4 ms", cpu <= 4),
    ]


def change_rows() -> list[Row]:
    """Analysis and apply, and the bare writes."""
    took = part("bench.changes", "--scenes", str(SCENES))
    both, changes, most = took["analysis"] + took["apply"], 8 * SCENES, SCENES / 200
    name = f"analysis and apply of {SCENES:,} scenes × (4 tags + 4 markers)"
    rate, limit = changes / took["apply"], changes / took["bare"]
    cpu, bare_cpu = 1000 * took["apply_cpu"] / changes, 1000 * took["bare_cpu"] / changes
    return [
        Row(name, "s", both, took["bare"], took["bare"] / both, f"≤ {most:g} s", both <= most),
        Row("apply alone", "changes/s", rate, limit, rate / limit, "2,000", rate >= 2000),
        Row("apply alone, CPU a change", "ms", cpu, bare_cpu, bare_cpu / cpu, "≤ 0.5 ms", cpu <= 0.5),
    ]


def tagger_rows() -> list[Row]:
    """How full the tagger's slots are; the limit is what its films take when each of them always has one."""
    found = []
    for slots, took in part("bench.analysis", "--films", str(FILMS)).items():
        ours, limit = took["took"], took["ideal"]
        most = analysis.MOST * limit + analysis.BEGIN_AND_END
        name = f"{FILMS} scenes, tagger 200 ms, {slots} at once"
        target = f"≤ {analysis.MOST:g} × ideal + {analysis.BEGIN_AND_END:g} s"
        found.append(Row(name, "s", ours, limit, limit / ours, target, ours <= most))
    return found


def download_rows() -> list[Row]:
    """A torrent of many files beside bare links."""
    took = part("bench.downloads", "--files", str(FILES))
    each, bare = (1000 * took[name] / FILES for name in ("placed", "bare"))
    cpu, bare_cpu = (1000 * took[f"{name}_cpu"] / FILES for name in ("placed", "bare"))
    name, target = f"a file of a torrent of {FILES:,}", "≤ 1 ms on top"
    return [
        Row(name, "ms", each, bare, bare / each, target, each <= bare + 1),
        Row(f"{name}, CPU", "ms", cpu, bare_cpu, bare_cpu / cpu, "–", True),
    ]


def list_rows() -> list[Row]:
    """Pages over many jobs, and over many scenes; the limit is the same page over none."""
    of_jobs = pages(part("bench.lists", "--jobs", str(JOBS)), lists.TARGETS, f"{JOBS:,} jobs")
    of_scenes = part("bench.scenes", "--scenes", str(LISTED_SCENES))
    return of_jobs + pages(of_scenes, scenes.TARGETS, f"{LISTED_SCENES:,} scenes")


def pages(took: dict[str, dict[str, float]], targets: dict[str, int], over: str) -> list[Row]:
    found = []
    for name, most in targets.items():
        ours, limit = took["full"][name], took["empty"][name]
        found.append(Row(f"{name} with {over}, CPU", "ms", ours, limit, limit / ours, f"≤ {most} ms", ours <= most))
    return found


def engine_rows() -> list[Row]:
    """Small jobs through two workers; the limit is django-q2 alone, or procrastinate where that is measured."""
    found = []
    for database, took in part("bench.engine", "--jobs", str(SMALL_JOBS)).items():
        ours, plain = took["ours"], took["django-q2"]
        for figure, name in (("run", "jobs of one run"), ("starts", "jobs started one by one")):
            for other in (which for which in took if which != "ours"):
                rate, limit = ours[figure], took[other]["starts"]
                target, met = ("≥ 150%", rate >= 1.5 * limit) if other == "django-q2" else ("–", True)
                named = f"{SMALL_JOBS:,} small {name} beside {other}, {database}"
                found.append(Row(named, "jobs/s", rate, limit, rate / limit, target, met))
            cpu, plain_cpu = ours[f"{figure}_cpu"], plain["starts_cpu"]
            found.append(Row(f"small {name}, CPU, {database}", "ms", cpu, plain_cpu, plain_cpu / cpu, "–", True))
        named = f"wait of the slowest percent at 20 starts a second, {database}"
        found.append(Row(named, "ms", ours["wait"], plain["wait"], plain["wait"] / ours["wait"], "–", True))
    return found


def host_rows() -> list[Row]:
    """Four worker hosts with a tagger each; the limit is four times what one tagger can do at all."""
    took = part("bench.hosts", "--films", "16" if SIZE == "QUICK" else "32")
    ours, limit = took["alone"] / took["took"], 4.0
    name = "analysis by 4 worker hosts with a tagger each, beside one tagger"
    return [Row(name, "times", ours, limit, ours / limit, "≥ 3.6 times", ours >= 3.6)]


def idle_rows() -> list[Row]:
    """Starting, waiting, and a run that finds nothing to do; there is no limit to compare with."""
    every = part("bench.idle", "--seconds", "20" if SIZE == "QUICK" else "60")
    start = every["SQLite"]["start"]
    found = [Row("start of a command, CPU", "s", start, None, None, "≤ 1 s", start <= 1)]
    for database, took in every.items():
        for name, unit, key, most in (
            ("web and worker with nothing to do, CPU", "% of a core", "idle_cpu", 2.0),
            ("web and worker with nothing to do, commits", "a minute", "commits", 10),
            ("web and worker with nothing to do, memory", "MB", "memory", 400),
            ("run with nothing to do, from its request to its end", "s", "run", MOST_FOR_NOTHING[database]),
        ):
            ours, target = took[key], f"≤ {most:g} {unit}"
            found.append(Row(f"{name}, {database}", unit, ours, None, None, target, ours <= most))
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


@contextmanager
def postgres() -> Iterator[None]:
    """A server of the bench's own, where its programs are and the environment names no other."""
    if os.environ.get("BENCH_POSTGRES_URL") or not list(Path("/usr/lib/postgresql").glob("*/bin")):
        yield
        return
    with temporary_server() as (address, _):
        os.environ["BENCH_POSTGRES_URL"] = address
        yield


def main() -> None:
    measured: list[Row] = []
    parts = (
        *(list_rows, idle_rows, change_rows, tagger_rows, download_rows, engine_rows, sync_rows),
        *(incremental_rows, memory_rows, generation_rows, host_rows),
    )
    for rows in parts:
        measured += rows()
        write(measured)  # after each part, since they take minutes
    sys.stdout.write(table(measured) + "\n")


if __name__ == "__main__":
    with postgres():
        main()
