"""Full sync of 20,000 scenes against a bare drain of the same pages.

    python -m bench.sync [--scenes 20000] [--rounds 3]

The limit is the drain: the same client fetches and parses the same pages and keeps nothing. The pages come from
a process of their own, once as fast as the real Stash was measured to give them (that is the ratio that counts)
and once as fast as they can be sent. Medians of the rounds. PostgreSQL is measured too where BENCH_POSTGRES_URL,
or a DATABASE_URL of one, gives it: a database made for the bench on that server, and dropped.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from statistics import median

from bench.servers import page_server

HEAD = ("database", "pages", "drain/s", "first sync/s", "ratio", "again/s", "ratio")


def databases() -> dict[str, str]:
    """The databases to measure: what to call them and their URL, empty for SQLite's default."""
    found = {"SQLite": ""}
    url = os.environ.get("BENCH_POSTGRES_URL") or os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        found["PostgreSQL"] = url
    else:
        sys.stderr.write("PostgreSQL is left out: BENCH_POSTGRES_URL gives none.\n")
    return found


def rounds(database_url: str, stash_url: str, count: int) -> dict[str, float]:
    """The median of each figure, in seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = os.environ | {
            "STASHHOG_DATA_DIR": folder,
            "STASHHOG_STASH_URL": stash_url,
            "STASHHOG_LOG_LEVEL": "WARNING",
            "STASHHOG_SECRET_KEY": "of the bench",
            "DATABASE_URL": database_url,
        }
        command = [sys.executable, "-m", "bench.rounds", "--rounds", str(count)]
        output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    measured = json.loads(output)
    return {name: median(one[name] for one in measured) for name in measured[0]}


def line(words: tuple[str, ...]) -> None:
    widths = (12, 10, 10, 14, 7, 10, 7)
    sys.stdout.write("".join(word.ljust(width) for word, width in zip(words, widths, strict=True)) + "\n")
    sys.stdout.flush()


def main(scenes: int, count: int) -> None:
    chosen = databases()
    sys.stdout.write(f"{scenes:,} scenes, medians of {count} rounds, {os.cpu_count()} cores.\n")
    line(HEAD)
    for paced, pages in ((True, "as Stash"), (False, "unpaced")):
        with page_server(scenes, paced) as url:
            for name, database_url in chosen.items():
                took = rounds(database_url, url, count)
                rates = [f"{scenes / took[figure]:,.0f}" for figure in ("drain", "first", "again")]
                ratios = [f"{took['drain'] / took[figure]:.0%}" for figure in ("first", "again")]
                line((name, pages, rates[0], rates[1], ratios[0], rates[2], ratios[1]))


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Full sync against a bare drain of the same pages.")
    command_line.add_argument("--scenes", type=int, default=20_000)
    command_line.add_argument("--rounds", type=int, default=3)
    given = command_line.parse_args()
    main(given.scenes, given.rounds)
