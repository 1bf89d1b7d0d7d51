"""Runs that are kept in the midst of something, so that whatever a test does to them surely meets it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jobs.models import Job, Status
from tests.faults.case import RUN, Case
from tests.faults.services import VIDEOS, Services
from tests.processes import descendants, until

T = TypeVar("T")


@dataclass(frozen=True)
class Held:
    """A job that takes its time: ``hold`` sees to that, and ``is_held`` says that it is in the midst of it.

    ``step``: of the job, or the one that the run itself decides. ``begun``: Stash is slow from this step on only.
    ``batch_size``: scenes; with all in one batch, no other job of the run does anything beside the one that is held.
    """

    step: str
    type: str
    hold: Callable[[Services], object]
    is_held: Callable[[Services], object]
    begun: str = ""
    batch_size: int = 2

    def __str__(self) -> str:
        return f"{self.step}-{self.type}"


def hang(operation: str, after: int = 0) -> Callable[[Services], object]:
    return lambda services: services.fault("stash", fault="hang", operation=operation, after=after)


def slow_write(operation: str, seconds: float, times: int | None = 1) -> Callable[[Services], object]:
    return lambda services: services.fault("stash", fault="slow", operation=operation, seconds=seconds, times=times)


def asked(operation: str, count: int = 1) -> Callable[[Services], object]:
    return lambda services: len(services.asked(operation)) >= count


def asked_elsewhere(service: str, path: str, count: int = 1) -> Callable[[Services], object]:
    return lambda services: sum(path in entry["path"] for entry in services.requests(service)) >= count


DOWNLOADS = Held(
    "process_downloads",
    "process_downloads",
    lambda services: services.fault("qbittorrent", kind="hang", path="torrents/info"),
    asked_elsewhere("qbittorrent", "torrents/info"),
)
SCAN = Held("stash_scan", "stash_scan", lambda services: services.slow(stash=2.0), asked("FindJob"))
DECISION = Held("incremental_sync", RUN, hang("Counts"), asked("Counts"))
SYNC = Held("incremental_sync", "sync", hang("ScenePage"), asked("ScenePage"))
ANALYSIS = Held(
    "analysis_batches",
    "analysis",
    lambda services: services.slow(tagger=20.0),
    asked_elsewhere("tagger", "process_video", count=2),  # two batches are at work side by side
)
WRITE = Held(
    "analysis_batches",
    "apply_plan",
    slow_write("bulkSceneUpdate", 2.0),
    asked("bulkSceneUpdate"),
    batch_size=len(VIDEOS),
)
GENERATE = Held(
    "stash_generate",
    "stash_generate",
    lambda services: services.slow(stash=0.5),
    asked("metadataGenerate"),
    begun="analysis_batches",  # not at the scan before
)
LAST_SYNC = Held("completion", "sync", hang("ScenesById", after=2), asked("ScenesById", count=3))
STEPS = [DOWNLOADS, SCAN, DECISION, SYNC, ANALYSIS, WRITE, GENERATE, LAST_SYNC]


def begin_held(case: Case, held: Held) -> Job:
    """A run in which that is held as soon as it is reached."""
    if not held.begun:
        held.hold(case.services)
        return case.begin(batch_size=held.batch_size)
    run = case.begin(batch_size=held.batch_size)
    until(lambda: run.steps.filter(key=held.begun, status=Status.RUNNING).exists(), f"{held.begun}", 40)
    held.hold(case.services)
    return run


def begin_and_hold(case: Case, held: Held) -> Job:
    """A run that is in the midst of it."""
    run = begin_held(case, held)
    at_work = Job.objects.of_run(run.pk).claimed().filter(type=held.type)
    if held.type != RUN:
        at_work = at_work.filter(step__key=held.step)
    until(lambda: at_work.exists() and held.is_held(case.services), f"the run to be in {held}", 40)
    return run


# Processes that stand still at a point


def stopped(case: Case) -> list[int]:
    """The pids of the case's processes that were stopped, in no order."""
    started = [process.pid for process in (*case.workers, *case.others)]
    return [pid for parent in started for pid in descendants(parent) if _state(pid) == "T"]


def go_on(case: Case) -> None:
    """Continue all that stand still."""
    for pid in stopped(case):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def going_on(case: Case, look: Callable[[], T]) -> Callable[[], T]:
    """``look``, before which all stopped processes are continued: with it, a job goes on piece by piece."""

    def resume_and_look() -> T:
        go_on(case)
        return look()

    return resume_and_look


def _state(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""
