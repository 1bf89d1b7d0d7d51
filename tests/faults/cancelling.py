"""Cancelling a run, and what must be so afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jobs import engine
from jobs.models import Event, Job, Status
from scenes.models import Change, Scan, StashJob
from tests.faults.case import Case
from tests.faults.services import VIDEOS
from tests.processes import until

AT_ONCE = 5.0  # seconds until all jobs of the run read cancelled: 1 is promised and printed, but machines may be busy
CLEANS_UP = 45.0  # seconds until the locks are free; a write to Stash in flight is awaited, at most 25 s
QUIET = 1.0  # seconds without anything new


def cancel_at_once(run: Job) -> float:
    """Cancel; the seconds until every job of the run reads cancelled, or had ended before."""
    begun = time.monotonic()
    engine.cancel(run.pk)
    run.refresh_from_db()
    jobs = Job.objects.of_run(run.pk)
    assert run.status == Status.CANCELLED and not jobs.active().exists()
    seconds = time.monotonic() - begun
    assert not jobs.exclude(status=Status.CANCELLED).filter(finished_at__gt=run.finished_at).exists()
    return seconds


def traffic(case: Case) -> list[Any]:
    """Everything that a job may begin."""
    return [
        Job.objects.count(),
        [name for name in case.services.writes() if name != "stopJob"],
        len(case.services.requests("qbittorrent")),
        len(case.services.requests("tagger")),
        sorted(str(path) for path in case.library.rglob("*")),
    ]


def assert_quiet(case: Case) -> None:
    """Nothing new begins for a while, although workers are free and wake-ups may arrive."""
    before = traffic(case)
    deadline = time.monotonic() + QUIET
    until(lambda: time.monotonic() > deadline, "some time without anything new")
    assert traffic(case) == before


def locks_are_free() -> bool:
    return not Job.objects.claimed().exists() and not Job.objects.exclude(held_lock="").exists()


def scan_is_left(case: Case, run: Job) -> None:
    """Stash goes on with it, and the log says so."""
    assert [job["description"] for job in case.services.stash_jobs()] == ["Scanning..."]
    messages = Event.objects.filter(job__in=run.sub_jobs.filter(type="stash_scan"), message__contains="left to end")
    assert messages.count() == 1
    assert Scan.objects.due().count() == len(VIDEOS)


def generate_is_stopped(case: Case, run: Job) -> None:
    until(lambda: not case.services.stash_jobs(), "Stash to end its generation", 20)
    assert case.services.writes().count("stopJob") == 1
    assert set(StashJob.objects.filter(kind="generate").values_list("status", flat=True)) == {"STOPPED"}


def write_is_recorded(case: Case, run: Job) -> None:
    """The write that was under way is known to be ours."""
    tagged = [scene for scene in case.services.stash_state()["scenes"] if scene["tags"]]
    changes = Change.objects.filter(kind=Change.Kind.ADD_TAG, status=Change.Status.APPLIED)
    assert changes.count() == sum(len(scene["tags"]) for scene in tagged) > 0


AFTERWARDS: dict[str, Callable[[Case, Job], None]] = {
    "stash_scan": scan_is_left,
    "stash_generate": generate_is_stopped,
    "apply_plan": write_is_recorded,
}
