"""What web and worker take while nothing happens, how soon a run with nothing to do ends, and what a start takes.

    python -m bench.idle [--seconds 60]

Real processes, with the simulators of Stash and qBittorrent, both empty, on a database of their own (DATABASE_URL of a
PostgreSQL: in its database, which must be empty). Processor time and memory are those that Linux says of the processes;
memory that several share counts in shares (PSS). Commits are counted on SQLite alone, by its PRAGMA data_version.
Prints JSON.
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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bench.live import ROOT, answers, cpu, manage

PORT = 8767
SETTLE = 15.0  # seconds, until what is done once at the start is done
RUNS = 9
LOOK = 0.01  # seconds between two looks


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


def idle(pids: list[int], seconds: float, database: Path) -> dict[str, float]:
    before, begun, commits = cpu(pids), time.monotonic(), 0
    with closing(sqlite3.connect(database)) as watching:
        version = watching.execute("PRAGMA data_version").fetchone()
        while time.monotonic() < begun + seconds:
            time.sleep(LOOK)
            now = watching.execute("PRAGMA data_version").fetchone()
            commits, version = commits + (now != version), now
    took = time.monotonic() - begun
    return {
        "idle_cpu": 100 * (cpu(pids) - before) / took,
        "commits": commits * 60 / took,
        "memory": megabytes(pids),
    }


def run_of_nothing(token: str) -> float:
    """Seconds from the request to the end of a run."""
    begun = time.time()
    job = api("jobs", token, {"job_type": "process_new_scenes"})
    while job["status"] in ("queued", "running"):
        time.sleep(LOOK)
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


def main(seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        (library := Path(folder) / "library").mkdir()
        (downloads := Path(folder) / "downloads").mkdir()
        environment = os.environ | {
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
            return measured(environment, Path(folder) / "stashhog.sqlite3", seconds)


def measured(environment: dict[str, str], database: Path, seconds: float) -> dict[str, float]:
    manage(environment, "prepare")
    manage(
        environment | {"DJANGO_SUPERUSER_PASSWORD": "bench"},
        "createsuperuser",
        "--noinput",
        "--username",
        "bench",
        "--email",
        "",
    )
    token = manage(environment, "createtoken", "bench").split()[-1]
    found = {"start": start_of_a_command(environment)}
    with started(environment, "manage.py", "web") as web, started(environment, "manage.py", "worker") as worker:
        while not answers(PORT):
            time.sleep(0.1)
        run_of_nothing(token)
        found["run"] = statistics.median(run_of_nothing(token) for _ in range(RUNS))
        time.sleep(SETTLE)
        return found | idle([*below(web.pid), *below(worker.pid)], seconds, database)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser(description="What is taken while nothing happens.")
    command_line.add_argument("--seconds", type=float, default=60)
    json.dump(main(command_line.parse_args().seconds), sys.stdout)
