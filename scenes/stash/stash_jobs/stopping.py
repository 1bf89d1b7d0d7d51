"""Telling Stash to stop a job that we asked for."""

from __future__ import annotations

from django.utils import timezone

from jobs.crash_points import crash_point
from scenes.clients.stash.client import StashClient
from scenes.crash_points import CrashPoint
from scenes.models import StashJob
from scenes.stash.stash_jobs.matching import current_of
from scenes.stash.stash_jobs.rows import GENERATE


def stop(stash: StashClient, row: StashJob) -> bool:
    """Stop the job that ``row`` stands for, if Stash still has that very one. Returns whether Stash was told to.

    For a job that was cancelled, perhaps by a process other than the one that asked. Raises ServiceError.
    """
    state = current_of(stash, row)
    if state is None or state.is_ended:
        return False
    intend_to_stop(row)
    stash.stop_job(state.id)
    has_stopped(row)
    return True


def has_stopped(row: StashJob) -> None:
    """Stash was told to."""
    crash_point(CrashPoint.GENERATE_STOPPED if row.kind == GENERATE else CrashPoint.STASH_TASK_STOPPED)


def intend_to_stop(row: StashJob) -> None:
    """Saved first, so that whoever reads CANCELLED later knows that we cancelled it."""
    row.stop_asked_at = timezone.now()
    row.save(update_fields=["stop_asked_at"])
