"""The result of a process_downloads job, counted from rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from jobs.declare.registry import Report
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.downloads.results import ALREADY_THERE, DESTINATION_UNUSABLE, PLACED
from scenes.downloads.torrents.states import CLIENT_TROUBLE
from scenes.models import BAD, Download, Outcome, PlacedFile


def report(job: Job) -> Report:
    """``synced_items``: torrents of which this job placed at least one file, ``synced_files`` those files.

    Beside them, of the files that this job handled: how many it linked, copied, moved; ``already_there``; and how
    many ``waiting``, ``not_wanted``, ``failed``, ``quarantined``. A torrent without files in our tables (still
    moving, say) counts there as one item, except those that the filter leaves out: ``left_out``; so does one that
    qBittorrent has trouble with, or whose destination can't be used.

    Errors are the items that failed in this job, those that it failed for the last time (``quarantined``) too.
    """
    files = PlacedFile.objects.filter(job=job)
    placed = PlacedFile.objects.filter(placed_by=job)
    codes = Counter(dict(files.values_list("code").annotate(count=Count("pk")).order_by()))
    with_files = Exists(PlacedFile.objects.filter(download=OuterRef("pk")))
    troubles = Q(code__in=(*CLIENT_TROUBLE, DESTINATION_UNUSABLE), outcome__in=BAD)
    bare = Download.objects.filter(~with_files | troubles, job=job)
    outcomes = _by_outcome(files) + _by_outcome(bare.exclude(code="left_out"))
    result = {
        "synced_items": placed.values("download").distinct().order_by().count(),
        "synced_files": placed.count(),
        **{code: codes[code] for code in (*PLACED, ALREADY_THERE)},
        **{
            str(outcome): outcomes[outcome]
            for outcome in (Outcome.WAITING, Outcome.NOT_WANTED, Outcome.FAILED, Outcome.QUARANTINED)
        },
        "left_out": bare.filter(code="left_out").count(),
    }
    return Report(result, errors=sum(outcomes[outcome] for outcome in BAD))


def line_of(result: dict[str, int]) -> str:
    """Of a result, how many files there are of each kind that there are any of."""
    keys = (*PLACED, ALREADY_THERE, *map(str, (Outcome.WAITING, Outcome.NOT_WANTED, *BAD)))
    counts = [joined(" ", [f"{result[key]:,}", _(key.replace("_", " "))]) for key in keys if result[key]]
    return joined(", ", counts)


def _by_outcome(rows: QuerySet[Any]) -> Counter[str]:
    return Counter(dict(rows.values_list("outcome").annotate(count=Count("pk")).order_by()))
