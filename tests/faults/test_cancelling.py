"""Cancel at every step: the run and all its jobs read cancelled at once, and nothing is started after that."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs import engine
from jobs.crashpoints import CrashPoint
from jobs.errors import NotPossible
from jobs.models import Event, Job, Status
from scenes.models import Change, PlacedFile, StashJob
from tests.faults.case import Case
from tests.faults.conftest import Note
from tests.faults.matrix import Fault
from tests.faults.plays import everything_is_done, staged
from tests.faults.theatre import VIDEOS, Theatre
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
AT_ONCE = 5.0  # seconds until all jobs of the run read cancelled: 1 is promised and printed, but machines may be busy
LETS_GO = 30.0  # seconds until the locks are free; a write to Stash in flight is awaited
QUIET = 1.0  # seconds without anything new


@dataclass(frozen=True)
class Held:
    """A step that takes its time: ``hold`` sees to that, and ``is_held`` says that the job is in the midst of it."""

    step: str
    type: str
    hold: Callable[[Theatre], object]
    is_held: Callable[[Theatre], object]


def hang(operation: str, after: int = 0) -> Callable[[Theatre], object]:
    return lambda services: services.fault("stash", fault="hang", operation=operation, after=after)


def asked(operation: str, count: int = 1) -> Callable[[Theatre], object]:
    return lambda services: len(services.asked(operation)) >= count


def asked_elsewhere(service: str, path: str, count: int = 1) -> Callable[[Theatre], object]:
    return lambda services: sum(path in entry["path"] for entry in services.requests(service)) >= count


STEPS = [
    Held(
        "process_downloads",
        "process_downloads",
        lambda services: services.fault("qbittorrent", kind="hang", path="torrents/info"),
        asked_elsewhere("qbittorrent", "torrents/info"),
    ),
    Held("stash_scan", "stash_scan", lambda services: services.slow(stash=2.0), asked("FindJob")),
    Held("incremental_sync", "sync", hang("ScenePage"), asked("ScenePage")),
    Held(
        "analysis_batches",
        "analysis",
        lambda services: services.slow(tagger=20.0),
        asked_elsewhere("tagger", "process_video", count=2),  # two batches are at work side by side
    ),
    Held(
        "analysis_batches",
        "apply_plan",
        lambda services: services.fault("stash", fault="slow", operation="bulkSceneUpdate", seconds=2.0),
        asked("bulkSceneUpdate"),
    ),
    Held("stash_generate", "stash_generate", lambda services: services.slow(stash=0.5), asked("metadataGenerate")),
    Held("completion", "sync", hang("ScenesById", after=2), asked("ScenesById", count=3)),
]


def begin_and_hold(case: Case, held: Held) -> Job:
    """A run that is in the midst of that step."""
    if held.step == "stash_generate":  # Stash is to be slow now, and not at the scan before
        run = case.begin()
        until(lambda: run.steps.filter(key="analysis_batches", status=Status.RUNNING).exists(), "the analysis", 40)
        held.hold(case.theatre)
    else:
        held.hold(case.theatre)
        run = case.begin()
    at_work = run.sub_jobs.claimed().filter(type=held.type, step__key=held.step)
    until(lambda: at_work.exists() and held.is_held(case.theatre), f"the run to be in {held.step}", 40)
    return run


def cancel_at_once(run: Job) -> float:
    """Cancel; the seconds until every job of the run reads cancelled, or had ended before."""
    before = set(run.sub_jobs.finished().values_list("pk", flat=True))
    begun = time.monotonic()
    engine.cancel(run.pk)
    statuses = Job.objects.of_run(run.pk).exclude(pk__in=before).values_list("status", flat=True)
    assert set(statuses) == {Status.CANCELLED}
    return time.monotonic() - begun


def traffic(case: Case) -> list[Any]:
    """Everything that a job may begin."""
    return [
        Job.objects.count(),
        [name for name in case.theatre.writes() if name != "stopJob"],
        len(case.theatre.requests("qbittorrent")),
        len(case.theatre.requests("tagger")),
        sorted(str(path) for path in case.library.rglob("*")),
    ]


def assert_quiet(case: Case) -> None:
    """Nothing new begins for a while, although workers are free and bells may ring."""
    before = traffic(case)
    deadline = time.monotonic() + QUIET
    until(lambda: time.monotonic() > deadline, "some time without anything new")
    assert traffic(case) == before


def locks_are_free() -> bool:
    return not Job.objects.claimed().exists() and not Job.objects.exclude(held_lock="").exists()


@pytest.mark.parametrize("held", STEPS, ids=lambda held: f"{held.step}-{held.type}")
def test_a_cancel_shows_at_once_and_nothing_begins_after_it(
    services: Theatre, note_cancel: Callable[[str, float], None], tmp_path: Path, held: Held
) -> None:
    with staged(services, tmp_path, "link") as case:
        case.start_worker()
        run = begin_and_hold(case, held)
        before = traffic(case)
        seconds = cancel_at_once(run)
        note_cancel(f"{held.step} ({held.type})", seconds)
        assert seconds < AT_ONCE
        with pytest.raises(NotPossible, match="has ended already"):
            engine.cancel(run.pk)
        until(locks_are_free, "the locks to be free", LETS_GO)
        assert traffic(case) == before
        assert_quiet(case)
        AFTERWARDS.get(held.type, lambda case, run: None)(case, run)
        services.all_well()
        again = case.run()
        assert again.status == Status.COMPLETED, again.result
        case.nothing_is_left_half_done()
        everything_is_done()


def scan_is_left(case: Case, run: Job) -> None:
    """Stash goes on with it, and the log says so."""
    assert [job["description"] for job in case.theatre.stash_jobs()] == ["Scanning..."]
    said = Event.objects.filter(job__in=run.sub_jobs.filter(type="stash_scan"), message__contains="left to end")
    assert said.count() == 1
    assert PlacedFile.objects.awaiting_scan().count() == len(VIDEOS)


def generate_is_stopped(case: Case, run: Job) -> None:
    until(lambda: not case.theatre.stash_jobs(), "Stash to end its generation", 20)
    assert case.theatre.writes().count("stopJob") == 1
    assert set(StashJob.objects.filter(kind="generate").values_list("status", flat=True)) == {"STOPPED"}


def write_is_recorded(case: Case, run: Job) -> None:
    """The write that was under way is known to be ours."""
    tagged = [scene for scene in case.theatre.stash_state()["scenes"] if scene["tags"]]
    changes = Change.objects.filter(kind=Change.Kind.ADD_TAG, status=Change.Status.APPLIED)
    assert changes.count() == sum(len(scene["tags"]) for scene in tagged) > 0


AFTERWARDS: dict[str, Callable[[Case, Job], None]] = {
    "stash_scan": scan_is_left,
    "stash_generate": generate_is_stopped,
    "apply_plan": write_is_recorded,
}


@pytest.mark.parametrize("victim", ["frozen", "worker"])
def test_a_run_whose_worker_is_frozen_or_dead_is_cancelled_at_once_too(
    services: Theatre, tmp_path: Path, victim: str
) -> None:
    lease = {"STASHHOG_LEASE": "2", "STASHHOG_HEARTBEAT": "0.3"}
    with staged(services, tmp_path, "link", **lease) as case:
        case.arm(CrashPoint.FILE_LINKED, "frozen")
        worker = case.start_worker()
        run = case.begin()
        stopped = case.wait_until_reached()
        if victim == "worker":  # and all others with it: nobody is there when the cancel comes
            case.stop_all()
        assert cancel_at_once(run) < AT_ONCE
        if victim == "worker":
            assert not locks_are_free()
            case.start_worker()
        until(locks_are_free, "the locks to be free", 20)
        if victim == "frozen":
            before = traffic(case)
            os.kill(stopped, signal.SIGCONT)
            until(lambda: "Lost the claim" in case.log.read_text(), "the worker to notice", 10)
            assert traffic(case) == before
            assert worker.poll() is None
        again = case.run()
        assert again.status == Status.COMPLETED, again.result
        case.nothing_is_left_half_done()
        everything_is_done()


def test_a_worker_that_dies_while_it_ends_what_was_cancelled_is_followed_by_another(
    services: Theatre, note: Note, tmp_path: Path
) -> None:
    held = next(held for held in STEPS if held.step == "stash_generate")
    with staged(services, tmp_path, "link") as case:
        case.arm(CrashPoint.LET_GO)
        case.start_worker()
        run = begin_and_hold(case, held)
        assert cancel_at_once(run) < AT_ONCE
        until(locks_are_free, "the lock to be free", LETS_GO)
        reached = case.reached()
        assert reached, "nobody died"
        note(Fault(CrashPoint.LET_GO, "", "cancel", "worker"), time.time() - reached[0])
        generate_is_stopped(case, run)
        assert Event.objects.filter(kind="let_go", job__type="stash_generate").count() == 1
        services.all_well()
        assert case.run().status == Status.COMPLETED
        everything_is_done()


def test_one_sub_job_cancelled_leaves_the_run_to_go_on(services: Theatre, tmp_path: Path) -> None:
    with staged(services, tmp_path, "link") as case:
        services.slow(stash=1.0)
        case.start_worker()
        run = case.begin()
        scan = until(lambda: run.sub_jobs.claimed().filter(type="stash_scan").first(), "the scan", 40)
        until(lambda: services.asked("FindJob"), "the scan to be followed", 20)
        engine.cancel(scan.pk)
        services.slow(stash=0.02)
        ended = case.end(run)
        assert ended.status == Status.COMPLETED_WITH_ERRORS
        assert run.steps.get(key="stash_scan").status == Status.CANCELLED
        assert run.steps.get(key="completion").status in (Status.COMPLETED, Status.SKIPPED)


def test_what_has_ended_can_not_be_cancelled(services: Theatre, tmp_path: Path) -> None:
    with staged(services, tmp_path, "link") as case:
        case.start_worker()
        run = case.run()
        for job in Job.objects.of_run(run.pk):
            with pytest.raises(NotPossible, match="has ended already: completed"):
                engine.cancel(job.pk)
        assert run.status == Status.COMPLETED
