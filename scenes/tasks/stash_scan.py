"""Sub-job: Stash scans the folders of what was placed, and each file is looked up there."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from jobs import events
from jobs.context import JobContext
from jobs.declare.registry import Report, task
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from scenes.models import Outcome, Scan, StashJob

ONE_FILM = 3600.0  # seconds that Stash may be at one huge file, which it says nothing of meanwhile


def report(job: Job) -> Report:
    """``scanned_files``: looked up after the scan; of these ``found_files`` have a scene now, the others failed."""
    rows = Scan.objects.filter(job=job).values_list("outcome").annotate(count=Count("pk"))
    outcomes = dict(rows.order_by())
    failed, gave_up = outcomes.get(Outcome.FAILED, 0), outcomes.get(Outcome.QUARANTINED, 0)
    result = {
        "scanned_files": sum(outcomes.values()),
        "found_files": outcomes.get(Outcome.DONE, 0),
        "failed": failed,
        "quarantined": gave_up,
    }
    return Report(result, errors=failed + gave_up)


def leave(job: Job) -> None:
    """After a cancel: say that a scan under way is left to end; it does no harm, and others may wait for it.

    Also of one whose id we never heard: whoever asked for it may have died, or have been frozen, before the answer.
    """
    from scenes.stash import stash_jobs

    rows = StashJob.objects.filter(job=job, kind=stash_jobs.SCAN, ended_at=None)
    with transaction.atomic():
        if rows.update(ended_at=timezone.now(), status=stash_jobs.DETACHED):
            text = _("Stash's scan is left to end by itself; its files are looked up by the next run.")
            events.record(job, "log", text)


@task("stash_scan", lock="stash", report=report, on_cancel=leave, no_progress=ONE_FILM)
def stash_scan(job: JobContext) -> None:
    """Scan for every file that waits for it."""
    from scenes.stash.scanning import scan

    scan(job)
