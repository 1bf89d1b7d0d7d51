"""What a person wants placed though it was, and was deleted since: no run does that by itself."""

from __future__ import annotations

import os

from django.db import transaction
from django.utils import timezone

from jobs.errors import NotPossible
from scenes.downloads.results import DELETED
from scenes.models import Download, Outcome, PlacedFile, Scan

THERE = "It is in the library, at {}: there is nothing to place again."
NOT_PLACED = "It was not placed before: release it if it failed, and the next run places it."
GONE = "Its torrent is no longer in qBittorrent, so there is nothing to place it from."


def place_again(file_id: int) -> None:
    """The next run that handles downloads places this file. Raises NotPossible, PlacedFile.DoesNotExist.

    ``file_id`` is one of ours. Nothing is placed over another file: a run looks at the place as it does the first time.
    """
    with transaction.atomic():
        row = PlacedFile.objects.locked().select_related("download", "same_as").get(pk=file_id)
        if why_not := reason_against(row):
            raise NotPossible(why_not)
        columns = {"code": "", "wanted_again": True, "same_as": None, "updated_at": timezone.now()}
        PlacedFile.objects.filter(pk=row.pk).start_over(**columns)
        Scan.objects.filter(file=row).start_over(code="", scene_id=None)
        Download.objects.filter(pk=row.download_id).start_over(code="")


def reason_against(row: PlacedFile) -> str:
    """Why it can't be placed again; empty if it can."""
    was_placed = row.outcome == Outcome.DONE
    if not (was_placed or row.code == DELETED):
        return NOT_PLACED
    if was_placed and row.place and os.path.lexists(row.place):
        return THERE.format(row.place)
    return GONE if row.download.removed_at else ""
