"""Four worker hosts with a tagger each, beside what one tagger can do at all.

    python -m bench.hosts [--films 32] [--seconds 6]

Process groups that think they are hosts, four of a worker and two of the web. The tagger's time dominates, and each
tagger looks at one film at a time. On PostgreSQL where BENCH_POSTGRES_URL, or a DATABASE_URL of one, gives it, else on
SQLite: a database made for the bench, and dropped. Prints JSON: seconds of the run, and of one tagger always at work.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import django

from bench.engine.__main__ import empty_database
from bench.live import manage
from bench.sync import databases

HOSTS = 4


def run_of_films(folder: Path, count: int, seconds: float) -> float:
    """Seconds from its start to its end."""
    from tests.load.films import ended, installed, make_films, running_taggers, seconds_of

    films = make_films(folder / "films", count)
    with running_taggers(HOSTS, seconds) as taggers, installed(folder, taggers) as site:
        return seconds_of(ended(site.start(films, per_batch=3), count * seconds))


def main(films: int, seconds: float) -> dict[str, float]:
    *_, server = databases().values()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, empty_database(server, folder) as address:
        os.environ |= {
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "tests.load.settings",
            "STASHHOG_DATA_DIR": folder,
            "STASHHOG_LOG_LEVEL": "ERROR",
            "STASHHOG_SECRET_KEY": "of the bench, which is as long as one has to be",
        }
        manage(dict(os.environ), "prepare")
        django.setup()
        return {"took": run_of_films(Path(folder), films, seconds), "alone": films * seconds}


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="Four worker hosts with a tagger each.")
    command_line.add_argument("--films", type=int, default=32)
    command_line.add_argument("--seconds", type=float, default=6)
    chosen = command_line.parse_args()
    json.dump(main(chosen.films, chosen.seconds), sys.stdout)
