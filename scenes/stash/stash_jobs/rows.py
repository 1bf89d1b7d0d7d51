"""The rows that say what was asked of Stash."""

from __future__ import annotations

from django.utils import timezone

from jobs.context import JobContext
from scenes.models import StashJob

SCAN, GENERATE = "scan", "generate"
IDENTIFY, AUTO_TAG, PLUGIN = "identify", "auto_tag", "plugin"
# Our statuses beside Stash's: we stopped it ourselves; we could not tell Stash to stop it, and it continues there;
# Stash was restarted and no longer knows it; we no longer monitor it, and it continues there.
STOPPED, UNSTOPPED, NOT_FOUND, DETACHED = "STOPPED", "UNSTOPPED", "NOT_FOUND", "DETACHED"


def open_row(job: JobContext, kind: str) -> StashJob:
    """The row of this job's unfinished ``kind`` of Stash job, left by a crash; else a new one, not yet saved."""
    unfinished = StashJob.objects.filter(job=job.job, kind=kind, ended_at=None).first()
    return unfinished or StashJob(job=job.job, kind=kind)


def new_row(job: JobContext, kind: str) -> StashJob:
    """A row to ask again with, not yet saved. What an earlier attempt asked for is left to Stash, its marks kept."""
    with job.transaction():
        StashJob.objects.filter(job=job.job, kind=kind, ended_at=None).update(ended_at=timezone.now(), status=DETACHED)
    return StashJob(job=job.job, kind=kind)
