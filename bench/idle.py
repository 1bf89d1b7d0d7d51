"""What web and worker take while nothing happens, how soon a run with nothing to do ends, and what a start takes.

    python -m bench.idle [--seconds 60]

Real processes, with the simulators of Stash and qBittorrent, both empty, on a database of their own: SQLite, and
PostgreSQL where BENCH_POSTGRES_URL, or a DATABASE_URL of one, gives it. Processor time and memory are those that Linux
says of the processes, without those of PostgreSQL; memory that several share counts in shares (PSS). Commits are those
that wrote: PRAGMA data_version of SQLite, the numbers of transactions of PostgreSQL. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg

from bench.engine.__main__ import empty_database
from bench.live import ROOT, answers, cpu, manage
from bench.sync import databases

PORT = 8767
SETTLE = 15.0  # seconds, until what is done once at the start is done
RUNS = 9
POLL_INTERVAL = 0.01  # seconds between two looks


@contextmanager
def started(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, *words]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True)  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def address_of(simulator: subprocess.Popen[str]) -> str:
    assert simulator.stdout is not None
    return simulator.stdout.readline().split()[-1]


def below(pid: int) -> list[int]:
    """The process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in below(int(child)))]


def megabytes(pids: list[int]) -> float:
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def version_of(address: str) -> Iterator[Callable[[], int]]:
    """What counts up with each commit that wrote; on SQLite by one for all since it was asked last."""
    if address.startswith("sqlite"):
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as watching:
            yield lambda: watching.execute("PRAGMA data_version").fetchone()[0]
    else:
        with psycopg.connect(address, autocommit=True) as server:
            yield lambda: server.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()[0]  # type: ignore[index]


def idle(pids: list[int], seconds: float, address: str) -> dict[str, float]:
    before, begun = cpu(pids), time.monotonic()
    with version_of(address) as version:
        first = version()
        while time.monotonic() < begun + seconds:
            time.sleep(POLL_INTERVAL)
            last = version()
    took = time.monotonic() - begun
    return {
        "idle_cpu": 100 * (cpu(pids) - before) / took,
        "commits": (last - first) * 60 / took,
        "memory": megabytes(pids),
    }


def run_of_nothing(token: str) -> float:
    """Seconds from the request to the end of a run."""
    begun = time.time()
    job = api("jobs", token, {"job_type": "process_new_scenes"})
    while job["status"] in ("queued", "running"):
        time.sleep(POLL_INTERVAL)
        job = api(f"jobs/{job['id']}", token)
    assert job["status"] == "completed", job
    return time.time() - begun


def api(path: str, token: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{PORT}/api/{path}", json.dumps(body).encode() if body else None, headers)
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)


def start_of_a_command(environment: dict[str, str]) -> float:
    """Seconds of the processor until a command has said what it takes; the best of three."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        manage(environment, "process_new_scenes", "--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def main(seconds: float) -> dict[str, dict[str, float]]:
    return {database: on(server, seconds) for database, server in databases().items()}


def on(server: str, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, empty_database(server, folder) as address:
        (library := Path(folder) / "library").mkdir()
        (downloads := Path(folder) / "downloads").mkdir()
        environment = os.environ | {
            "DATABASE_URL": address,
            "STASHHOG_DATA_DIR": folder,
            "STASHHOG_SECRET_KEY": "of the bench, which is as long as one has to be",
            "STASHHOG_LOG_LEVEL": "ERROR",
            "STASHHOG_LIBRARY_PATH": str(library),
            "STASHHOG_FIRST_RUN": "take",
            "STASHHOG_BIND": f"127.0.0.1:{PORT}",
            "PYTHONUNBUFFERED": "1",
        }
        stash = started(environment, "-m", "scenes.simulators.stash", "--library", str(library))
        qbittorrent = started(environment, "-m", "scenes.simulators.qbittorrent", "--downloads", str(downloads))
        with stash as one, qbittorrent as other:
            environment |= {
                "STASHHOG_STASH_URL": address_of(one),
                "STASHHOG_QBITTORRENT_URL": address_of(other),
                "STASHHOG_QBITTORRENT_USERNAME": "admin",
                "STASHHOG_QBITTORRENT_PASSWORD": "adminadmin",
            }
            return measured(environment, address, seconds)


def token_of_a_user(environment: dict[str, str]) -> str:
    named = ("--noinput", "--username", "bench", "--email", "")
    manage(environment | {"DJANGO_SUPERUSER_PASSWORD": "bench"}, "createsuperuser", *named)
    return manage(environment, "createtoken", "bench").split()[-1]


def measured(environment: dict[str, str], address: str, seconds: float) -> dict[str, float]:
    manage(environment, "prepare")
    token = token_of_a_user(environment)
    found = {"start": start_of_a_command(environment)}
    with started(environment, "manage.py", "web") as web, started(environment, "manage.py", "worker") as worker:
        while not answers(PORT):
            time.sleep(0.1)
        run_of_nothing(token)
        found["run"] = statistics.median(run_of_nothing(token) for _ in range(RUNS))
        time.sleep(SETTLE)
        return found | idle([*below(web.pid), *below(worker.pid)], seconds, address)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="What is taken while nothing happens.")
    command_line.add_argument("--seconds", type=float, default=60)
    json.dump(main(command_line.parse_args().seconds), sys.stdout)
