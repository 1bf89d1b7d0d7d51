"""How long it takes from a commit of a worker to the message at a page, and how much is sent.

    python -m bench.live [--updates 200] [--pages 1 50] [--port 8765]

A web process and a process that writes as a worker does, on a database of their own (DATABASE_URL of a PostgreSQL: in
its database, which must be empty). The pages are connections of this process. The writer says in each message when it
began to commit it, by the clock that all processes of a machine share; a page has an update when all of its text is
there, before it is looked at. Prints a line of JSON for each number of pages: milliseconds, bytes of an update as one
page gets it, milliseconds of the processor for each update in the web process and in that of the pages, the targets and
whether they were met. What the server logs goes to a file of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
EVERY = 0.15  # seconds between two commits
REPORT = re.compile(r"item (\d+) at (\d+)")
START = 60.0  # seconds, until a web process answers
TICKS = os.sysconf("SC_CLK_TCK")
TARGETS = {"sqlite": {"median": 60, "p99": 150}, "postgresql": {"median": 40, "p99": 150}}  # milliseconds


def cpu(pids: list[int]) -> float:
    """Seconds of the processor that they took so far, ended children included."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(ticks) for one in fields for ticks in one[11:15]) / TICKS


def manage(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def web(environment: dict[str, str], port: int) -> Iterator[int]:
    """Its process id."""
    log = Path(environment["STASHHOG_DATA_DIR"]) / "web.log"
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "stashhog.asgi:application"]
    with log.open("w") as reports:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=reports, stderr=reports)
    try:
        deadline = time.monotonic() + START
        while not answers(port):
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"The web process does not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Page:
    """``seen``: milliseconds for each update whose message came first. ``missed``: those that a later one replaced."""

    def __init__(self, updates: int):
        self.updates, self.last, self.bytes, self.seen = updates, -1, 0, list[float]()
        self.first = asyncio.Event()

    async def watch(self, address: str, token: str) -> None:
        from websockets.asyncio.client import connect

        async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}, max_size=None) as socket:
            async for text in socket:
                now = time.monotonic_ns()
                self.receive(str(text), now)
                if self.last == self.updates - 1:
                    return

    def receive(self, text: str, now: int) -> None:
        if self.first.is_set():
            self.bytes += len(text.encode())
        self.first.set()
        reports = [(int(number), int(at)) for number, at in REPORT.findall(text)]
        if reports and max(reports)[0] > self.last:
            self.last, at = max(reports)
            self.seen.append((now - at) / 1e6)


async def measure(
    environment: dict[str, str], port: int, web: int, token: str, pages: int, updates: int
) -> dict[str, Any]:
    run, job = manage(environment, "shell", "-v0", "-c", "from bench.live import stage; stage()").split()[-2:]
    address = f"ws://127.0.0.1:{port}/ws/jobs/{run}/?as=html"
    watching = [Page(updates) for _ in range(pages)]
    tasks = [asyncio.create_task(page.watch(address, token)) for page in watching]
    await asyncio.gather(*(page.first.wait() for page in watching))
    begun = cpu([web]), time.process_time()
    command = [
        sys.executable,
        "manage.py",
        "shell",
        "-v0",
        "-c",
        f"from bench.live import write; write('{job}', {updates})",
    ]
    writer = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    await writer.wait()
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    took = {"web": cpu([web]) - begun[0], "pages": time.process_time() - begun[1]}
    seen = sorted(one for page in watching for one in page.seen)
    found: dict[str, Any] = {
        "database": database_of(environment),
        "pages": pages,
        "median": round(statistics.median(seen), 1),
        "p99": round(seen[int(len(seen) * 0.99)], 1),
        "worst": round(seen[-1], 1),
        "updates_seen": round(len(seen) / pages, 1),
        "bytes_an_update": round(sum(page.bytes for page in watching) / len(seen)),
        "processor": {who: round(1000 * seconds / updates, 1) for who, seconds in took.items()},
    }
    targets = TARGETS[database_of(environment)]
    return found | {"targets": targets, "met": all(found[name] <= most for name, most in targets.items())}


def database_of(environment: dict[str, str]) -> str:
    return "sqlite" if environment["DATABASE_URL"].startswith("sqlite") else "postgresql"


def stage() -> None:
    """A run that is analysing, with a log; prints its id and that of its sub-job. In a process with Django."""
    from jobs.models import Event, Job, Status
    from tests.web.factories import make_run, make_sub_job

    Job.objects.all().delete()
    run = make_run(at=4, percent=50)
    for key in ("process_downloads", "stash_scan", "incremental_sync"):
        job = make_sub_job(run, key, key, Status.COMPLETED, result={"synced_items": 7, "synced_files": 9})
        Event.objects.bulk_create(Event(job=job, kind="log", message=f"Line {number}") for number in range(10))
    job = make_sub_job(run, "analysis_batches", "analysis", claim_token=uuid.uuid4())
    sys.stdout.write(f"{run.pk} {job.pk}\n")


def write(job_id: str, updates: int) -> None:
    """As a worker: progress after progress, each in a transaction of its own."""
    from jobs import context
    from jobs.models import Job

    context.PROGRESS_EVERY = 0
    job = context.JobContext(Job.objects.get(pk=job_id))
    for number in range(updates):
        job.progress(number, updates, f"item {number} at {time.monotonic_ns()}")
        time.sleep(EVERY)


def main(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/stashhog.sqlite3"
        environment = {
            **os.environ,
            "DATABASE_URL": database,
            "STASHHOG_DATA_DIR": folder,
            "STASHHOG_LOG_LEVEL": "ERROR",
        }
        manage(environment, "migrate", "-v0")
        making = "from tests.web.factories import *; print(make_token(make_user()))"
        token = manage(environment, "shell", "-v0", "-c", making).split()[-1]
        with web(environment, given.port) as pid:
            for pages in given.pages:
                found = asyncio.run(measure(environment, given.port, pid, token, pages, given.updates))
                sys.stdout.write(json.dumps(found) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    command_line = argparse.ArgumentParser()
    command_line.add_argument("--updates", type=int, default=200)
    command_line.add_argument("--pages", type=int, nargs="+", default=[1, 50])
    command_line.add_argument("--port", type=int, default=8765)
    main(command_line.parse_args())
