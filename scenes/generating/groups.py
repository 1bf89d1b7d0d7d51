"""Generating for the scenes not yet seen complete, a group at a time, newest first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from django.db.models import QuerySet

from jobs.context import JobContext
from jobs.crashpoints import CrashPoint, crash_point
from scenes import configuration
from scenes.clients.stash import StashClient
from scenes.clients.stash_rows import SceneRow
from scenes.generating import outcomes
from scenes.generating.outputs import Inspector, options
from scenes.generating.reasons import Reasons
from scenes.models import Scene
from scenes.stash_jobs import GENERATE, STOPPED, follow, open_row
from scenes.sync.convert import called

GROUP = 50  # scenes that Stash is asked for at once: a stop loses little, and the list stays short


def due() -> QuerySet[Scene]:
    """Scenes not yet seen complete, and not given up, newest first."""
    tries = configuration.current().max_tries
    return Scene.objects.present().filter(generated_at=None, generate_tries__lt=tries)


@dataclass
class Run:
    """One attempt: what is wanted, how far it is, and when its time is over (`time.monotonic`)."""

    job: JobContext
    stash: StashClient
    wanted: frozenset[str]
    until: float
    total: int = 0
    done: int = 0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def show(self, title: str) -> None:
        self.job.progress(self.done, self.total, f"Scene {self.done} of {self.total}: {title}")

    def show_stash(self, asked: int, share: float | None, message: str) -> None:
        """How far Stash is with the last ``asked`` scenes looked at."""
        first = self.done - asked
        done = first + int(asked * (share or 0))
        text = f"{message} (scenes {first + 1} to {self.done} of {self.total})"
        self.job.progress(min(done, max(self.total - 1, 0)), self.total, text)


def run(job: JobContext, stash: StashClient) -> None:
    """Have all due scenes complete, or as many as fit into the time box. Raises JobError."""
    config = configuration.current()
    run = Run(job, stash, config.generate, time.monotonic() + config.generate_seconds)
    if not run.wanted:
        job.log("Nothing is set to be generated (STASHHOG_GENERATE).")
        return
    _end_earlier(run)
    ids = list(due().values_list("pk", flat=True))
    run.total = len(ids)
    for start in range(0, len(ids), GROUP):
        if run.is_over:
            job.log(f"The time for generating is over; {len(ids) - start} scenes are left to the next run.")
            return
        _group(run, [str(number) for number in ids[start : start + GROUP]])


def _end_earlier(run: Run) -> None:
    """Follow what an attempt before a crash asked for, rather than queue up behind it."""
    row = open_row(run.job, GENERATE)
    if row.pk is not None:
        follow(run.job, run.stash, row, None, until=run.until, show=partial(run.show_stash, 0))


def _group(run: Run, ids: list[str]) -> None:
    rows, _ = run.stash.scenes_by_id(ids)  # those it no longer has are left to the sync
    lacking = _lacking(run, rows, outcomes.already_there)
    run.done += len(ids) - len(rows)
    if not lacking or run.is_over:
        return
    outcomes.asked(run.job, lacking)
    row = open_row(run.job, GENERATE)
    ask = partial(run.stash.generate, [str(number) for number in lacking], options(run.wanted))
    status = follow(run.job, run.stash, row, ask, show=partial(run.show_stash, len(lacking)), until=run.until)
    crash_point(CrashPoint.GENERATE_FINISHED)
    again, _ = run.stash.scenes_by_id(str(number) for number in lacking)
    run.done -= len(again)
    still = _lacking(run, again, outcomes.generated)
    crash_point(CrashPoint.GENERATE_RECORDED)
    if still and status != STOPPED:
        reasons = Reasons.since(run.stash, row.added)
        outcomes.failed(run.job, {number: reasons.of(*what) for number, what in still.items()})


def _lacking(run: Run, rows: list[SceneRow], complete: outcomes.Record) -> dict[int, tuple[SceneRow, list[str]]]:
    """Scene id → the scene and what it lacks; the others are recorded as complete, one by one."""
    inspector = Inspector.of(run.stash, run.wanted)
    lacking = {}
    for row in rows:
        what = inspector.missing(row)
        run.done += 1
        if what:
            lacking[int(row["id"])] = (row, what)
        else:
            complete(run.job, int(row["id"]))
        run.show(called(row))
    return lacking
