"""Generating for the scenes not yet known to be complete, a group at a time, newest first."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import CrashPoint, crash_point
from jobs.errors import JobError
from scenes import configuration
from scenes.clients.stash import StashClient
from scenes.clients.stash_rows import SceneRow
from scenes.models import Scene, SceneFile
from scenes.stash.evidence import StashEvidence, StashFailure
from scenes.stash.generation import outcomes
from scenes.stash.generation.outputs import Inspector, options
from scenes.stash.generation.reasons import Reasons
from scenes.stash.stash_jobs import GENERATE, STOPPED, Journal, monitor, open_row
from scenes.sync import identity
from scenes.sync.convert import called
from scenes.sync.folders import known_folders

GROUP = 50  # scenes that Stash is asked for at once: a stop loses little, and the list stays short
MAX_ASKS = 3  # for one group, when scenes of it are destroyed meanwhile

Lacking = dict[int, tuple[SceneRow, list[str]]]  # scene id → the scene and what it lacks, for people


def due() -> QuerySet[Scene]:
    """Scenes with a file that are not yet known to be complete, and not quarantined, newest first."""
    has_file = Exists(SceneFile.objects.filter(scene=OuterRef("pk")))
    tries = configuration.current().max_tries
    return Scene.objects.present().filter(has_file, generated_at=None, generate_tries__lt=tries)


def due_for(job: JobContext) -> list[int]:
    """The ids of those that are due and have not failed in this job already, newest first."""
    rows = due().values_list("pk", "generate_tries", "generate_job", "generate_failed_at")
    # No tries: it was released since.
    return [pk for pk, tries, failed_by, at in rows if not (tries and job.failed_already(failed_by, at))]


@dataclass
class Run:
    """One attempt: what is wanted, how far it is, and when its time is over (`time.monotonic`)."""

    job: JobContext
    stash: StashClient
    wanted: frozenset[str]
    until: float
    total: int = 0
    done: int = 0
    evidence: StashEvidence = field(init=False)

    def __post_init__(self) -> None:
        self.evidence = StashEvidence("Stash generated nothing for the scenes", partial(known_folders, self.job))

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
    """Have all due scenes complete, or as many as fit into the time box. Raises JobError, also ``another_library``."""
    config = configuration.current()
    run = Run(job, stash, config.generate, time.monotonic() + _seconds_left(job, config.generate_seconds))
    if not run.wanted:
        job.log("Nothing is set to be generated (STASHHOG_GENERATE).")
        return
    _end_earlier(run)
    ids = due_for(job)
    run.total = len(ids)
    _all(run, ids)
    _record_failures(run, at_the_end=True)
    run.evidence.check()


def _all(run: Run, ids: list[int]) -> None:
    for start in range(0, len(ids), GROUP):
        if run.is_over:
            run.job.log(f"The time for generating is over; {len(ids) - start} scenes are left to the next run.")
            return
        made = _group(run, [str(number) for number in ids[start : start + GROUP]])
        if run.evidence.is_service_at_fault and not made:  # the others would fail, too
            return


def _seconds_left(job: JobContext, box: float) -> float:
    """Of the time box: it is one for all attempts."""
    begun = job.job.started_at or timezone.now()
    return box - (timezone.now() - begun).total_seconds()


def _end_earlier(run: Run) -> None:
    """Wait for what an attempt before a crash asked for, rather than queue up behind it; then see what is there."""
    row = open_row(run.job, GENERATE)
    if row.pk is not None:
        monitor(run.job, run.stash, row, None, until=run.until, show=partial(run.show_stash, 0))
    asked = Scene.objects.present().filter(generate_job=run.job.id, generate_outcome=outcomes.ASKED)
    ids = [str(pk) for pk in asked.values_list("pk", flat=True)]
    if ids:  # also when the time is over: what was made in it counts
        _lacking(run, _ours(run, ids), outcomes.generated)
        run.done = 0
    run.evidence.paths_succeeded(outcomes.made_by(run.job))


def _ours(run: Run, ids: list[str]) -> list[SceneRow]:
    """These scenes, without those that Stash no longer has: they are left to the sync. Raises as `run`."""
    rows, _ = run.stash.scenes_by_id(ids)
    identity.refuse_another_library(run.job, {row["id"]: row["created_at"] for row in rows})
    return rows


def _group(run: Run, ids: list[str]) -> bool:
    """Whether any of them was made, or there was no need to."""
    rows = _ours(run, ids)
    lacking = _lacking(run, rows, outcomes.already_there)
    run.done += len(ids) - len(rows)
    for _ in range(MAX_ASKS):
        if not lacking or run.is_over:
            return True
        still, counts = _ask(run, lacking)
        if counts:
            return len(still) < len(lacking)
        run.job.log("Scenes were destroyed in Stash meanwhile, so it made nothing. It is asked for the others.")
        lacking = still
    return True


def _ask(run: Run, lacking: Lacking) -> tuple[Lacking, bool]:
    """What they lack then, and whether that counts: if one of them was destroyed, Stash makes nothing of the others."""
    outcomes.asked(run.job, lacking)
    row = open_row(run.job, GENERATE)
    ask = partial(run.stash.generate, [str(number) for number in lacking], options(run.wanted))
    show, journal = partial(run.show_stash, len(lacking)), Journal()
    status = monitor(run.job, run.stash, row, ask, show=show, until=run.until, journal=journal)
    crash_point(CrashPoint.GENERATE_FINISHED)
    again = _ours(run, [str(number) for number in lacking])
    run.done -= len(again)
    still = _lacking(run, again, outcomes.generated)
    crash_point(CrashPoint.GENERATE_RECORDED)
    run.evidence.paths_succeeded(_path(scene) for scene in again if int(scene["id"]) not in still)
    if not still or status == STOPPED:
        return still, True
    if status == "FAILED":  # Stash is at fault, and no scene
        raise JobError("generate_failed", "Stash's generate job ended as FAILED. Look into Stash's log.")
    if len(again) < len(lacking):
        return still, False
    _collect_failures(run, still, Reasons.of_job(run.stash, journal, row.added, again))
    _record_failures(run)
    return still, True


def _collect_failures(run: Run, still: Lacking, reasons: Reasons) -> None:
    first = set(Scene.objects.filter(pk__in=still, generate_tries=0).values_list("pk", flat=True))
    for pk, (row, what) in still.items():
        run.evidence.failed(StashFailure(run.evidence.place(_path(row)), reasons.of(row, what), pk, pk in first))


def _record_failures(run: Run, *, at_the_end: bool = False) -> None:
    failures = run.evidence.item_failures(at_the_end=at_the_end)
    outcomes.failed(run.job, {failure.row_id: failure.reason for failure in failures})


def _path(row: SceneRow) -> str:
    return row["files"][0]["path"] if row["files"] else ""


def _lacking(run: Run, rows: list[SceneRow], complete: outcomes.Record) -> Lacking:
    """Those that lack something; the others are recorded as complete, one by one."""
    inspector = Inspector.of(run.stash, run.wanted)
    lacking: Lacking = {}
    for row in rows:
        what = inspector.missing(row)
        run.done += 1
        if what:
            lacking[int(row["id"])] = (row, what)
        else:
            complete(run.job, int(row["id"]))
        run.show(called(row))
    return lacking
