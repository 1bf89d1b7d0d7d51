"""How handling an item ended, and recording that in its row."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.utils import timezone

from jobs.context import JobContext
from jobs.words import counted
from scenes import configuration
from scenes.attribution import disk
from scenes.models import Outcome, PlacedFile

TO_DO = (Outcome.NEW, Outcome.WAITING, Outcome.FAILED)  # looked at again by the next run
HANDLED = (Outcome.DONE, Outcome.NOT_WANTED, Outcome.QUARANTINED)
BAD = (Outcome.FAILED, Outcome.QUARANTINED)  # an error of the run in which it became so
READ_WITH_VIDEO: dict[str, Any] = {"scan_outcome": Outcome.NOT_WANTED, "scan_message": "Stash reads it with its video."}
PLACED = ("linked", "copied", "moved")  # codes of files that a job placed


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
        return not job.failed_already(row.job_id, row.failed_at)
    return row.outcome == Outcome.NEW


def record(job: JobContext, row: PlacedFile, result: Result, **columns: Any) -> None:
    """Write how handling the file ended, with these further columns."""
    with job.transaction():
        _write(job, row, result, columns)


def record_placed(job: JobContext, row: PlacedFile, code: str, message: str) -> None:
    """Write that this job placed the file. It is on the disk already, so a cancel must not hide it."""
    columns = {"placed_at": timezone.now(), "placed_by_id": job.id, "scan_outcome": Outcome.NEW}
    if row.video_id:
        columns |= READ_WITH_VIDEO
    with job.transaction(recording=True):
        _write(job, row, Result(Outcome.DONE, code, message), columns)
        if row.video is not None:
            # Stash notices a sidecar when it scans the folder.
            videos = PlacedFile.objects.filter(pk=row.video.pk)
            if not row.video.target:  # another torrent placed it
                beside = f"{Path(row.target).parent}{os.sep}"
                videos = PlacedFile.objects.filter(name=row.video.name, target__startswith=beside, outcome=Outcome.DONE)
            again = {"scan_outcome": Outcome.WAITING, "scan_message": "A file that belongs beside it was placed since."}
            videos.filter(scan_outcome=Outcome.DONE).update(**again)
    disk.placed(job, row, configuration.current().library_path)


def record_failed(job: JobContext, row: PlacedFile, failure: ItemFailed, max_tries: int) -> None:
    """Count the failure if the file itself is at fault; after the last try the file waits for a person."""
    is_item_failure = disk.is_item_failure(job, row, failure.code)
    with job.transaction():
        # Read again: a person who released the file meanwhile reset its count.
        before = PlacedFile.objects.locked().values_list("tries", flat=True).get(pk=row.pk)
        result, tries = Result(Outcome.FAILED, failure.code, failure.message), before
        if is_item_failure:
            result, tries = after_failure(result, before, max_tries)
        _write(job, row, result, {"tries": tries, "failed_at": timezone.now()})


def after_failure(result: Result, tries: int, max_tries: int) -> tuple[Result, int]:
    """What becomes of an item that failed once more after ``tries`` failures, and their number now."""
    tries += 1
    if tries < max_tries:
        return result, tries
    message = f"{result.message} It failed {counted(tries, 'time')} and is left alone until somebody releases it."
    return replace(result, outcome=Outcome.QUARANTINED, message=message), tries


def _write(job: JobContext, row: PlacedFile, result: Result, columns: dict[str, Any]) -> None:
    columns = columns | result.columns(job)
    PlacedFile.objects.filter(pk=row.pk).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)
