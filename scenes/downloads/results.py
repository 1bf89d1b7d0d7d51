"""How handling an item ended, and recording that in its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from jobs.context import JobContext
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes import configuration
from scenes.attribution import disk
from scenes.bulk.upsert import insert, update_each
from scenes.models import Outcome, PlacedFile, Scan

if TYPE_CHECKING:
    from scenes.downloads.context import ProcessingContext
    from scenes.downloads.files.placing import Placed

OUTCOME = ("outcome", "code", "message", "attempts", "failed_at", "job", "updated_at")  # columns of `Attempts`
# Codes of files that may come later, as from a seedbox or over a slow share: to look for them is no attempt.
NOT_VISIBLE, ARRIVING = "not_visible", "arriving"
COMES_LATER = (NOT_VISIBLE, ARRIVING)
DELETED = "deleted_in_stash"
ALREADY_THERE = "already_there"
DESTINATION_UNUSABLE = "destination_unusable"  # code of a torrent that can't be placed where it is to go
PLACED = ("linked", "copied", "moved")  # codes of files that a job placed
NOTHING_FAILED = {"attempts": 0, "failed_at": None}


@dataclass(frozen=True)
class Result:
    """``code`` is a stable word, ``message`` a sentence a person can act on."""

    outcome: Outcome
    code: str
    message: str = ""

    def columns(self, job: JobContext) -> dict[str, Any]:
        """What a torrent's or a file's row keeps of it."""
        return {
            "outcome": self.outcome,
            "code": self.code,
            "message": self.message,
            "job_id": job.id,
            "updated_at": timezone.now(),
        }


class ItemFailed(Exception):
    """{message}: one file can't be placed; the others go on."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code, self.message = code, message


def is_to_place(job: JobContext, row: PlacedFile) -> bool:
    """Whether this attempt of the job has to place the file: what failed in the job before has had its try."""
    if row.outcome == Outcome.FAILED:
        return not row.has_failed_in(job)
    return row.outcome == Outcome.NEW


def record(job: JobContext, row: PlacedFile, result: Result, **columns: Any) -> None:
    """Write how handling the file ended, with these further columns."""
    with job.transaction():
        _write(job, row, result, columns)


def record_placed(context: ProcessingContext, files: Sequence[tuple[PlacedFile, Placed]]) -> None:
    """Write that this job placed these files. They are on the disk already, so a cancel must not hide it."""
    job, now, done = context.job, timezone.now(), Outcome.DONE.value
    values = [
        (row.pk, done, result.code, result.message, 0, None, job.id, now, None, now, job.id) for row, result in files
    ]
    with job.transaction(recording=True):
        update_each(PlacedFile, (*OUTCOME, "waiting_since", "placed_at", "placed_by"), values)
        ask_for_scans([row for row, _placed in files])
    for row, result in files:
        columns = NOTHING_FAILED | {"waiting_since": None, "placed_at": now, "placed_by_id": job.id}
        set_columns(row, columns | Result(Outcome.DONE, result.code, result.message).columns(job))
    places: dict[tuple[Path, Path | None], PlacedFile] = {}
    for row, _placed in files:
        held_by = context.config.destinations.holding(Path(row.target))
        places[row.save_folder, held_by.folder if held_by else None] = row
    for (_folder, library), row in places.items():
        context.effects.note_placed(job, row, library)


def ask_for_scans(rows: Sequence[PlacedFile]) -> None:
    """Of videos, and of those beside which a file was placed: Stash notices that when it scans their folder."""
    videos = {row.pk for row in rows if row.video is None}
    # Which another torrent may have placed.
    beside = [row.video for row in rows if row.video and row.video.place]
    others = {video.pk if video.target else video.same_as_id for video in beside}
    insert(Scan, ("file",), [(pk,) for pk in videos | others], key=("file",))  # Stash may have had others' video before
    if others:
        again = {"outcome": Outcome.WAITING, "message": _("A file that belongs beside it was placed since.")}
        Scan.objects.filter(file__in=others, outcome=Outcome.DONE).update(**again)


def record_failed(job: JobContext, row: PlacedFile, failure: ItemFailed) -> None:
    """Count the failure if the file itself is at fault; after the last attempt the file waits for a person.

    One that may come later is waited for, and for a person only when that takes too long.
    """
    if failure.code in COMES_LATER:
        record_away(job, row, failure)
        return
    is_counted = disk.is_item_failure(job, row, failure.code)
    with job.transaction():
        this = PlacedFile.objects.filter(pk=row.pk)
        this.fail(job, failure.message, is_counted=is_counted, code=failure.code, waiting_since=None)
        row.refresh_from_db(fields=OUTCOME)


def record_away(job: JobContext, row: PlacedFile, failure: ItemFailed) -> None:
    """Write that the file is not all there yet."""
    now, days = timezone.now(), configuration.current().not_visible_days
    since = row.waiting_since or now
    is_overdue = now - since >= timedelta(days=days)
    message = (
        _(
            "{reason} It has not come within {days:g} days, so a person has to look; it is placed as "
            "soon as it is there all the same.",
            reason=failure.message,
            days=days,
        )
        if is_overdue
        else _("{reason} It is waited for, and placed as soon as it is there.", reason=failure.message)
    )
    outcome = Outcome.QUARANTINED if is_overdue else Outcome.WAITING
    failed_at = now if is_overdue else None
    if row.waiting_since is None and not is_overdue:
        job.log(joined(": ", [row.name, message]), Event.Level.WARNING)
    with job.transaction():
        columns = {"waiting_since": since, "failed_at": failed_at}
        _write(job, row, Result(outcome, failure.code, message), columns)


def _write(job: JobContext, row: PlacedFile, result: Result, columns: dict[str, Any]) -> None:
    columns = {"waiting_since": None, **columns, **result.columns(job)}
    if result.outcome == Outcome.DONE:
        columns |= NOTHING_FAILED
    PlacedFile.objects.filter(pk=row.pk).update(**columns)
    set_columns(row, columns)


def set_columns(row: PlacedFile, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
