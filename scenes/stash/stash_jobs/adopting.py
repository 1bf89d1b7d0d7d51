"""Finding the job again that was asked for by somebody who did not live to hear, or to record, Stash's answer.

Its ids are a counter, so a job that we asked for has one of the next after the last that we know of: ended ones are
found by that, and by the time at which they were added. That it is in none of them is proof that it was never asked
for, as long as Stash has not been restarted since.
"""

from __future__ import annotations

from jobs.context import JobContext
from jobs.declare.ids import id_of
from scenes.clients.stash.client import StashClient
from scenes.models import StashJob
from scenes.stash.stash_jobs.matching import current_of, has_marks, may_be, was_asked_by_us

AHEAD = 20  # ids that are looked at: of jobs that others may have started in between


def adopt(job: JobContext, stash: StashClient, row: StashJob) -> bool:
    """Record the marks of the job that ``row`` stands for, if Stash still knows it. Raises ServiceError."""
    if row.added:
        return True
    state = current_of(stash, row)
    if state is None and not row.stash_id:
        before = _before(row)
        last = id_of(before.stash_id) or 0 if before else 0
        numbers = {*range(1, AHEAD + 1), *range(last + 1, last + AHEAD + 1)}  # it may have been restarted
        found = [state for state in stash.find_jobs(sorted(numbers)) if may_be(stash, row, state)]
        asked_at = stash.remote_time(row.asked_at)
        ours = (state for state in found if not was_asked_by_us(state))
        state = min(ours, key=lambda state: abs(stash.moment(state.add_time) - asked_at), default=None)
    if state is None:
        return False
    row.stash_id, row.description, row.added = state.id, state.description, state.add_time
    with job.transaction(recording=True):
        row.save(update_fields=["stash_id", "description", "added"])
    return True


def was_never_asked(stash: StashClient, row: StashJob) -> bool:
    """Whether that is certain of a row whose job was not found: Stash still knows the one that we asked for before."""
    before = _before(row)
    if row.stash_id or before is None:
        return False
    state = stash.find_job(before.stash_id)
    return state is not None and has_marks(before, state)


def _before(row: StashJob) -> StashJob | None:
    rows = StashJob.objects.exclude(stash_id="").exclude(added="").exclude(pk=row.pk)
    return rows.filter(asked_at__lte=row.asked_at).order_by("-asked_at", "-id").first()
