"""How an item ended, and writing that into its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from jobs.context import JobContext
from scenes.models import Outcome, PlacedFile

TO_DO = (Outcome.NEW, Outcome.WAITING, Outcome.FAILED)  # looked at again by the next run
SETTLED = (Outcome.DONE, Outcome.NOT_WANTED, Outcome.QUARANTINED)
PLACED = ("linked", "copied", "moved")  # codes of files that a job placed


@dataclass(frozen=True)
class Verdict:
    """``code`` is a stable word, ``message`` a sentence a person can act on."""

    outcome: Outcome
    code: str
    message: str = ""


class ItemFailed(Exception):
    """{message}: one file can't be placed; the others go on."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code, self.message = code, message


def settle(job: JobContext, row: PlacedFile, verdict: Verdict, *, recording: bool = False, **columns: Any) -> None:
    """Write how the file ended. ``recording``: it is on the disk already, so a cancel must not hide it."""
    columns |= {"outcome": verdict.outcome, "code": verdict.code, "message": verdict.message}
    _write(job, row, columns, recording)


def settle_placed(job: JobContext, row: PlacedFile, code: str, message: str) -> None:
    """Write that this job placed the file."""
    columns = {"placed_at": timezone.now(), "placed_by_id": job.id, "scan_outcome": Outcome.NEW}
    settle(job, row, Verdict(Outcome.DONE, code, message), recording=True, **columns)


def settle_failed(job: JobContext, row: PlacedFile, failure: ItemFailed, max_tries: int) -> None:
    """Count the failure; after the last try the file waits for a person."""
    tries, message = row.tries + 1, failure.message
    outcome = Outcome.FAILED
    if tries >= max_tries:
        outcome = Outcome.QUARANTINED
        message += f" It failed {tries} times and is left alone until somebody releases it."
    settle(job, row, Verdict(outcome, failure.code, message), tries=tries)


def _write(job: JobContext, row: PlacedFile, columns: dict[str, Any], recording: bool) -> None:
    columns |= {"job_id": job.id, "updated_at": timezone.now()}
    with job.transaction(recording=recording):
        PlacedFile.objects.filter(pk=row.pk).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)
