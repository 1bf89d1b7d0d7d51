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
from scenes.attribution.stash import StashEvidence, StashFailure
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.rows import SceneRow
from scenes.models import Generation, Scene, SceneFile
from scenes.stash.generation import outcomes
from scenes.stash.generation.outputs import Inspector, options
from scenes.stash.generation.reasons import Reasons
from scenes.stash.stash_jobs import GENERATE, STOPPED, Journal, monitor, open_row
from scenes.sync import identity
from scenes.sync.convert import display_name
from scenes.sync.folders import known_folders

GROUP = 50  # scenes that Stash is asked for at once: a stop loses little, and the list stays short
MAX_ASKS = 3  # for one group, when scenes of it are destroyed meanwhile

Lacking = dict[int, tuple[SceneRow, list[str]]]  # scene id → the scene and what it lacks, for people


def scenes_to_generate() -> QuerySet[Scene]:
    """Scenes with a file that are not yet known to be complete, and not quarantined, newest first."""
    has_file = Exists(SceneFile.objects.filter(scene=OuterRef("pk")))
    quarantined = Exists(Generation.objects.quarantined().filter(pk=OuterRef("pk")))
    return Scene.objects.present().filter(has_file, ~quarantined, generated_at=None)


def ids_for(job: JobContext) -> list[int]:
    """The ids of those that have not failed in this job already, newest first."""
    failed = Generation.objects.failed_in(job).exclude(code=outcomes.ASKED).filter(pk=OuterRef("pk"))
    return list(scenes_to_generate().filter(~Exists(failed)).values_list("pk", flat=True))


@dataclass
class GenerateAttempt:
    """One attempt of the job: what is wanted, how far it is, and when its time is over (`time.monotonic`)."""

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
        """How far Stash is with the last ``asked`` scenes, of those that were checked."""
        first = self.done - asked
        done = first + int(asked * (share or 0))
        text = f"{message} (scenes {first + 1} to {self.done} of {self.total})"
        self.job.progress(min(done, max(self.total - 1, 0)), self.total, text)


def generate(job: JobContext, stash: StashClient) -> None:
    """Complete all scenes, or as many as fit into the time box. Raises JobError, also ``another_library``."""
    config = configuration.current()
    until = time.monotonic() + _seconds_left(job, config.generate_seconds)
    attempt = GenerateAttempt(job, stash, config.generate, until)
    if not attempt.wanted:
        job.log("Nothing is set to be generated (STASHHOG_GENERATE).")
        return
    _finish_earlier(attempt)
    ids = ids_for(job)
    attempt.total = len(ids)
    _generate_all(attempt, ids)
    _record_failures(attempt, at_the_end=True)
    attempt.evidence.check()


def _generate_all(attempt: GenerateAttempt, ids: list[int]) -> None:
    for start in range(0, len(ids), GROUP):
        if attempt.is_over:
            attempt.job.log(f"The time for generating is over; {len(ids) - start} scenes are left to the next run.")
            return
        made = _generate_group(attempt, [str(number) for number in ids[start : start + GROUP]])
        if attempt.evidence.is_service_at_fault and not made:  # the others would fail, too
            return


def _seconds_left(job: JobContext, box: float) -> float:
    """Of the time box: it is one for all attempts."""
    started_at = job.job.started_at or timezone.now()
    return box - (timezone.now() - started_at).total_seconds()


def _finish_earlier(attempt: GenerateAttempt) -> None:
    """Wait for what an attempt before a crash asked for, rather than queue up behind it; then check what was made."""
    row = open_row(attempt.job, GENERATE)
    if row.pk is not None:
        monitor(attempt.job, attempt.stash, row, None, until=attempt.until, show=partial(attempt.show_stash, 0))
    asked = Scene.objects.present().filter(generation__job=attempt.job.id, generation__code=outcomes.ASKED)
    ids = [str(pk) for pk in asked.values_list("pk", flat=True)]
    if ids:  # also when the time is over: what was made in it counts
        _lacking(attempt, _rows_of(attempt, ids), outcomes.generated)
        attempt.done = 0
    attempt.evidence.paths_succeeded(outcomes.made_by(attempt.job))


def _rows_of(attempt: GenerateAttempt, ids: list[str]) -> list[SceneRow]:
    """These scenes, without those that Stash no longer has: they are left to the sync. Raises as `generate`."""
    rows, _ = attempt.stash.scenes_by_id(ids)
    identity.refuse_another_library(attempt.job, {row["id"]: row["created_at"] for row in rows})
    return rows


def _generate_group(attempt: GenerateAttempt, ids: list[str]) -> bool:
    """Whether any of them was made, or there was no need to."""
    rows = _rows_of(attempt, ids)
    lacking = _lacking(attempt, rows, outcomes.already_there)
    attempt.done += len(ids) - len(rows)
    for _ in range(MAX_ASKS):
        if not lacking or attempt.is_over:
            return True
        still, counts = _ask_stash(attempt, lacking)
        if counts:
            return len(still) < len(lacking)
        attempt.job.log("Scenes were destroyed in Stash meanwhile, so it made nothing. It is asked for the others.")
        lacking = still
    return True


def _ask_stash(attempt: GenerateAttempt, lacking: Lacking) -> tuple[Lacking, bool]:
    """What they lack then, and whether that counts: if one of them was destroyed, Stash makes nothing of the others."""
    outcomes.asked(attempt.job, lacking)
    row = open_row(attempt.job, GENERATE)
    ask = partial(attempt.stash.generate, [str(number) for number in lacking], options(attempt.wanted))
    show, journal = partial(attempt.show_stash, len(lacking)), Journal()
    status = monitor(attempt.job, attempt.stash, row, ask, show=show, until=attempt.until, journal=journal)
    crash_point(CrashPoint.GENERATE_FINISHED)
    rows = _rows_of(attempt, [str(number) for number in lacking])
    attempt.done -= len(rows)
    still = _lacking(attempt, rows, outcomes.generated)
    crash_point(CrashPoint.GENERATE_RECORDED)
    attempt.evidence.paths_succeeded(_path(scene) for scene in rows if int(scene["id"]) not in still)
    if not still or status == STOPPED:
        return still, True
    if status == "FAILED":  # Stash is at fault, and no scene
        raise JobError("generate_failed", "Stash's generate job ended as FAILED. Look into Stash's log.")
    if len(rows) < len(lacking):
        return still, False
    _collect_failures(attempt, still, Reasons.of_job(attempt.stash, journal, row.added, rows))
    _record_failures(attempt)
    return still, True


def _collect_failures(attempt: GenerateAttempt, still: Lacking, reasons: Reasons) -> None:
    failed_before = set(Generation.objects.filter(pk__in=still, attempts__gt=0).values_list("pk", flat=True))
    for pk, (row, what) in still.items():
        place = attempt.evidence.place(_path(row))
        attempt.evidence.failed(StashFailure(place, reasons.of(row, what), pk, pk not in failed_before))


def _record_failures(attempt: GenerateAttempt, *, at_the_end: bool = False) -> None:
    failures = attempt.evidence.item_failures(at_the_end=at_the_end)
    outcomes.failed(attempt.job, {failure.row_id: failure.reason for failure in failures})


def _path(row: SceneRow) -> str:
    return row["files"][0]["path"] if row["files"] else ""


def _lacking(attempt: GenerateAttempt, rows: list[SceneRow], complete: outcomes.Record) -> Lacking:
    """Those that lack something; the others are recorded as complete, one by one."""
    inspector = Inspector.of(attempt.stash, attempt.wanted)
    lacking: Lacking = {}
    for row in rows:
        what = inspector.missing(row)
        attempt.done += 1
        if what:
            lacking[int(row["id"])] = (row, what)
        else:
            complete(attempt.job, int(row["id"]))
        attempt.show(display_name(row))
    return lacking
