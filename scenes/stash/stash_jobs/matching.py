"""Which of Stash's jobs is ours: by its marks, which are its id, description and addTime.

As long as we don't know them: by the time at which we asked, on Stash's own clock, and by the description, which is the
same for all jobs of a kind.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from scenes.clients.base import WRITE
from scenes.clients.stash.client import StashClient, StashJobState
from scenes.models import StashJob
from scenes.stash.stash_jobs.rows import AUTO_TAG, GENERATE, IDENTIFY, PLUGIN, SCAN

BEGINNINGS = {  # of Stash's descriptions
    SCAN: "Scan",
    GENERATE: "Generat",
    IDENTIFY: "Identify",
    AUTO_TAG: "Identify",
    PLUGIN: "Running plugin",
}
SLACK = timedelta(seconds=1)  # the precision of what we know of Stash's clock
MAX_ASKING = timedelta(seconds=WRITE.total)


def has_marks(row: StashJob, state: StashJobState) -> bool:
    """Whether it is the very job whose marks the row has."""
    return bool(row.added) and (state.description, state.add_time) == (row.description, row.added)


def is_alike(row: StashJob, state: StashJobState) -> bool:
    return state.description.startswith(BEGINNINGS[row.kind])


def was_added_after(stash: StashClient, answered_at: datetime, state: StashJobState) -> bool:
    """Whether it was added after ``answered_at`` (our clock), so is another's with our id: Stash was restarted.

    False for what seems to be added in the future: then a clock between us and Stash differs, and nothing is known.
    """
    added = stash.moment(state.add_time)
    return stash.remote_time(answered_at) + SLACK < added <= stash.remote_time(timezone.now()) + SLACK


def was_asked_by_us(state: StashJobState) -> bool:
    """Whether any row of ours has its marks."""
    marks = {"stash_id": state.id, "description": state.description, "added": state.add_time}
    return StashJob.objects.filter(**marks).exists()


def current_of(stash: StashClient, row: StashJob) -> StashJobState | None:
    """The job that ``row`` stands for, if Stash still has that very one; whichever process asked for it."""
    if not row.stash_id:
        alike = [state for state in stash.job_queue() if may_be(stash, row, state) and not was_asked_by_us(state)]
        asked_at = stash.remote_time(row.asked_at)
        return min(alike, key=lambda state: abs(stash.moment(state.add_time) - asked_at), default=None)
    state = stash.find_job(row.stash_id)
    if state is None:
        return None
    return state if (has_marks(row, state) if row.added else may_be(stash, row, state)) else None


def may_be(stash: StashClient, row: StashJob, state: StashJobState) -> bool:
    """Whether it is of the row's kind, and was added while we asked."""
    asked_at = stash.remote_time(row.asked_at)
    return is_alike(row, state) and asked_at - SLACK <= stash.moment(state.add_time) <= asked_at + MAX_ASKING + SLACK
