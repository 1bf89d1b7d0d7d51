"""Torrents that wait (moved or checked by qBittorrent, not all there yet) come again by themselves.

When a torrent is looked at again is in its row. A supervisor that finds any due moves that on, longer each time, and
starts a `process_downloads` for them alone, in one transaction: so they are looked at once, and by whatever lives then.
Only what that places is worth a run.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from jobs.models import Job
from jobs.models.compiled import Compiled
from jobs.scheduling.requests import request
from jobs.scheduling.starting import active, start
from jobs.texts.translatable import Translatable as _
from scenes.models import Download, Outcome, PlacedFile

TASK, RUN = "process_downloads", "process_new_scenes"
SOURCE = "recheck"  # of the jobs that it starts
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=1)  # between two looks; doubles
TOGETHER = timedelta(seconds=20)  # those that are due so soon are taken along
AT_ONCE = 500  # torrents of one job


any_waiting = Compiled(lambda: Download.objects.filter(outcome=Outcome.WAITING).order_by().values_list("pk")[:1])
any_left = Compiled(
    lambda: Download.objects.exclude(outcome=Outcome.WAITING).exclude(recheck_at=None).order_by().values_list("pk")[:1]
)


def recheck() -> None:
    """Called by supervisors every few seconds. Safe in any number of processes at once."""
    if not (any_waiting() or any_left()):  # as most of the time
        return
    now = timezone.now()
    waiting = Download.objects.filter(outcome=Outcome.WAITING)
    if (others := Download.objects.exclude(outcome=Outcome.WAITING).exclude(recheck_at=None)).exists():
        others.update(recheck_at=None, rechecks=0)
    if (new := waiting.filter(recheck_at=None)).exists():
        new.update(recheck_at=now + FIRST, rechecks=0)
    waiting.filter(recheck_at__gt=now + 2 * LONGEST).update(recheck_at=now + FIRST)  # by a clock that was ahead
    if waiting.filter(recheck_at__lte=now).exists() and active(TASK) is None:
        start_for_due(now)


def start_for_due(now: datetime) -> None:
    with transaction.atomic():
        # Locked: a supervisor that comes second reads them as the first one left them, and they are not due any more.
        due = Download.objects.filter(outcome=Outcome.WAITING, recheck_at__lte=now + TOGETHER)
        rows = list(due.select_for_update(no_key=True).only("rechecks").order_by("recheck_at", "pk")[:AT_ONCE])
        by_count: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            by_count[row.rechecks].append(row.pk)
        for count, ids in by_count.items():
            columns = {"recheck_at": now + interval(count + 1), "rechecks": F("rechecks") + 1}
            Download.objects.filter(pk__in=ids).update(**columns)
        if rows:
            start(TASK, {"download_ids": [row.pk for row in rows]}, source=SOURCE)


def interval(rechecks: int) -> timedelta:
    """Until the next look, after so many: 1, 2, 4, … minutes, and then each hour."""
    return min(LONGEST, FIRST * (1 << min(rechecks, 10)))


def ask_for_run(jobs: list[Job], **_options: Any) -> None:
    """A receiver of `jobs.signals.runs_ended`: a run follows if one of them placed something, however it ended.

    The later steps of a run are for what was placed.
    """
    ours = [job.pk for job in jobs if (job.type, job.source) == (TASK, SOURCE)]
    if ours and PlacedFile.objects.filter(placed_by__in=ours).exists():
        request(SOURCE, RUN, source=SOURCE, reason=_("A download that had to wait was placed"))
