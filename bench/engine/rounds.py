"""What one of them does on an empty database, in a process of its own; prints it as JSON. `bench.engine` starts it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

PER_SECOND = 20  # starts, where the wait is measured: well below what any of them can do
WARM_UP = 10  # jobs
LONGEST = 600.0  # seconds


class Queue(Protocol):
    """Two workers, and how to give them jobs."""

    worker: list[str]  # its command

    def prepare(self) -> None: ...
    def start(self, count: int) -> None: ...
    def ended(self) -> int:
        """How many jobs of all that were started."""

    def waits(self, last: int) -> list[float]:
        """Seconds from the start of each of the last jobs until a worker began it."""


@contextlib.contextmanager
def working(queue: Queue) -> Iterator[int]:
    """Its workers are up and have done something; their first process."""
    process = subprocess.Popen(
        queue.worker, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        queue.start(WARM_UP)
        wait_for(queue, WARM_UP)
        yield process.pid
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """All processes below it, by what the kernel says."""
    found, waiting = [], [pid]
    while waiting:
        for children in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                below = [int(child) for child in children.read_text().split()]
                found += below
                waiting += below
    return found


def wait_for(queue: Queue, count: int) -> None:
    deadline = time.monotonic() + LONGEST
    while queue.ended() < count:
        assert time.monotonic() < deadline, f"{queue.ended()} of {count} jobs ended within {LONGEST:g} s"
        time.sleep(0.05)


def processor_seconds(pid: int) -> float:
    """Of a process, all below it, and this one, which starts the jobs. A database server is not among them."""
    ticks = 0
    for one in (os.getpid(), pid, *descendants(pid)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(queue: Queue, jobs: int, run: Callable[[int], None] | None) -> dict[str, float]:
    """Jobs a second started one by one, and in a run; ms of the processor for each; and the wait of the slowest percent
    of some that are started at a pace, in ms."""
    queue.prepare()
    found, done = {}, WARM_UP
    with working(queue) as pid:
        for name, start in (("starts", queue.start), ("run", run)):
            if start is not None:
                begun, cpu = time.perf_counter(), processor_seconds(pid)
                start(jobs)
                done += jobs
                wait_for(queue, done)
                found[name] = jobs / (time.perf_counter() - begun)
                found[f"{name}_cpu"] = 1000 * (processor_seconds(pid) - cpu) / jobs
        found["wait"] = paced_wait(queue, max(100, jobs // 10), done)
    return found


def paced_wait(queue: Queue, jobs: int, done: int) -> float:
    begun = time.monotonic()
    for number in range(jobs):
        queue.start(1)
        time.sleep(max(0.0, begun + (number + 1) / PER_SECOND - time.monotonic()))
    wait_for(queue, done + jobs)
    waits = sorted(queue.waits(jobs))
    return 1000 * waits[int(len(waits) * 0.99) - 1]


class Ours:
    worker = [sys.executable, "manage.py", "worker"]

    def prepare(self) -> None:
        migrate()

    def start(self, count: int) -> None:
        from jobs import engine

        for _ in range(count):
            engine.start("bench_small", source="bench")

    def run(self, jobs: int) -> None:
        from jobs import engine

        engine.start("bench_many", {"jobs": jobs}, source="bench")

    def ended(self) -> int:
        from jobs.models import Job, Status

        return Job.objects.filter(type="bench_small", status=Status.COMPLETED).count()

    def waits(self, last: int) -> list[float]:
        from jobs.models import Job

        times = Job.objects.filter(type="bench_small").order_by("-created_at").values_list("created_at", "started_at")
        return [(started - created).total_seconds() for created, started in times[:last] if started]


class DjangoQ2:
    worker = [sys.executable, "manage.py", "qcluster"]

    def prepare(self) -> None:
        migrate()

    def start(self, count: int) -> None:
        from django_q.tasks import async_task

        for _ in range(count):
            async_task("bench.engine.small.small", time.time())

    def ended(self) -> int:
        from django_q.models import Success

        return Success.objects.count()

    def waits(self, last: int) -> list[float]:
        from django_q.models import Success

        return list(Success.objects.order_by("-started").values_list("result", flat=True)[:last])


def migrate() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    command_line = argparse.ArgumentParser()
    command_line.add_argument("which", choices=("ours", "django-q2", "procrastinate"))
    command_line.add_argument("jobs", type=int)
    given = command_line.parse_args()
    if given.which == "ours":
        ours = Ours()
        took = measure(ours, given.jobs, ours.run)
    elif given.which == "django-q2":
        took = measure(DjangoQ2(), given.jobs, None)
    else:
        from bench.engine.with_procrastinate import Procrastinate

        took = measure(Procrastinate(), given.jobs, None)
    sys.stdout.write(json.dumps(took) + "\n")
