"""Following a job of Stash that one of our jobs asked for: a scan, or a generation.

What the rules are made of: Stash's ids are a counter in its memory, so after a restart an id is unknown or
another job's; it keeps only the last ten ended jobs; FINISHED does not mean success, so whoever asked looks
for the outcome itself. Asking twice is harmless for both kinds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.utils import timezone

from jobs.context import JobContext
from jobs.crashpoints import CrashPoint, crash_point
from jobs.errors import JobError
from scenes import configuration
from scenes.clients import stash_jobs as theirs
from scenes.clients.stash import StashClient
from scenes.models import StashJob

SCAN, GENERATE = "scan", "generate"
# Our words beside Stash's: we stopped it ourselves, the time being over; Stash was restarted and has lost it; we
# follow it no longer.
STOPPED, LOST, LEFT = "STOPPED", "LOST", "LEFT"
MAX_ASKS = 3  # times that one attempt asks for the same, when Stash keeps losing it
INTENDED = {SCAN: CrashPoint.SCAN_INTENDED, GENERATE: CrashPoint.GENERATE_INTENDED}
ASKED = {SCAN: CrashPoint.SCAN_ASKED, GENERATE: CrashPoint.GENERATE_ASKED}
SEEN = {SCAN: CrashPoint.SCAN_SEEN, GENERATE: CrashPoint.GENERATE_SEEN}
MEND = "Look at the tasks and the log in Stash's own pages; restart Stash if it hangs."
GENERATE_DESCRIPTION = "Generat"  # how Stash's descriptions of its generations begin

Show = Callable[[float | None, str], None]


@dataclass(frozen=True)
class Look:
    """One look at a job of Stash. ``waited`` differs with each look while it waits behind somebody else's.

    So `JobContext.poll` sees a change, and never calls it stalled. ``ahead``: what it waits for, which may be one
    that we asked for earlier; that does stall when it hangs.
    """

    state: theirs.StashJob | None
    ahead: theirs.StashJob | None = None
    waited: int = 0


def open_row(job: JobContext, kind: str) -> StashJob:
    """The row of this job's unfinished ``kind`` of Stash job, left by a crash; else a new one, not yet saved."""
    left = StashJob.objects.filter(job=job.job, kind=kind, ended_at=None).first()
    return left or StashJob(job=job.job, kind=kind)


def new_row(job: JobContext, kind: str) -> StashJob:
    """A row to ask anew with, not yet saved. What an earlier attempt asked for is left to Stash, its marks kept."""
    with job.transaction():
        StashJob.objects.filter(job=job.job, kind=kind, ended_at=None).update(ended_at=timezone.now(), status=LEFT)
    return StashJob(job=job.job, kind=kind)


def follow(
    job: JobContext,
    stash: StashClient,
    row: StashJob,
    ask: Callable[[], str] | None,
    *,
    show: Show | None = None,
    until: float | None = None,
) -> str:
    """Stash's word for how the job ended: FINISHED, FAILED, or our STOPPED and LOST.

    ``ask`` asks Stash for it and gives the id; it is called when ``row`` has none yet or Stash lost it. Without
    it only what was asked earlier is followed, and LOST returned where that is not possible.
    ``show(share, message)`` shows the progress, 0…1 or None; by default as percent of the job. At ``until``
    (`time.monotonic`) the job of Stash is stopped.

    Raises JobError: ``stash_job_cancelled`` (somebody cancelled it in Stash; permanent), ``stash_job_lost``,
    ``stalled``.
    """
    show = show or partial(_show_percent, job)
    if ask is None and not row.added:  # without its marks, what has the id may be another's
        return _end(job, row, LOST)
    for _ in range(MAX_ASKS):
        if not row.added and ask is not None:
            _ask(job, row, ask)
        status = _follow_one(job, stash, row, show, until)
        if status is not None:
            return _end(job, row, status)
        if ask is None:
            return _end(job, row, LOST)
        job.log(f"Stash no longer knows its {row.kind} job; it was restarted. It is asked again.", "warning")
        row.stash_id = row.description = row.added = ""
    raise JobError("stash_job_lost", f"Stash lost its {row.kind} job {MAX_ASKS} times. Look into Stash's log.")


def _ask(job: JobContext, row: StashJob, ask: Callable[[], str]) -> None:
    row.asked_at = timezone.now()
    with job.transaction():
        row.save()
    crash_point(INTENDED[row.kind])
    row.stash_id = ask()
    crash_point(ASKED[row.kind])
    with job.transaction(recording=True):  # also for a cancelled job, so that it can be stopped in Stash
        row.save(update_fields=["stash_id", "description", "added"])


def _follow_one(job: JobContext, stash: StashClient, row: StashJob, show: Show, until: float | None) -> str | None:
    """How it ended, or None when Stash does not know it (any more)."""
    stopped = False
    every = configuration.current().stash_poll
    for look in job.poll(_looks(stash, row), every, what=f"Stash's {row.kind} job", mend=MEND):
        state = look.state
        if state is None or not _is_ours(job, row, state):
            return None
        if state.is_ended:
            return STOPPED if stopped else state.status
        if until is not None and not stopped and time.monotonic() >= until:
            stash.stop_job(row.stash_id)
            stopped = True
        _show(look, state, show)
    raise AssertionError("poll ends by raising only")


def _looks(stash: StashClient, row: StashJob) -> Callable[[], Look]:
    waited = 0

    def look() -> Look:
        nonlocal waited
        state = stash.find_job(row.stash_id)
        if state is None or not state.is_waiting:
            return Look(state)
        ahead = next((one for one in stash.job_queue() if not one.is_waiting), None)
        waited += ahead is not None and not _was_asked_by_us(ahead)
        return Look(state, ahead, waited)

    return look


def _was_asked_by_us(state: theirs.StashJob) -> bool:
    marks = {"stash_id": state.id, "description": state.description, "added": state.add_time}
    return StashJob.objects.filter(**marks).exists()


def _is_ours(job: JobContext, row: StashJob, state: theirs.StashJob) -> bool:
    """Whether this is the job we asked for; at the first look after asking, its marks are recorded."""
    if not row.added:
        row.description, row.added = state.description, state.add_time
        with job.transaction(recording=True):
            row.save(update_fields=["description", "added"])
        crash_point(SEEN[row.kind])
    return (state.description, state.add_time) == (row.description, row.added)


def _show(look: Look, state: theirs.StashJob, show: Show) -> None:
    if state.is_waiting:
        show(None, _busy(look.ahead))
    elif state.status == "STOPPING":
        show(state.progress, "Stash ends the item in hand, then stops")
    else:
        show(state.progress, state.description)


def _busy(running: theirs.StashJob | None) -> str:
    if running is None:
        return "Waiting for Stash to begin"
    share = "" if running.progress is None else f" {running.progress:.0%}".replace("%", " %")
    return f"Stash is busy: {running.description}{share}"


def _show_percent(job: JobContext, share: float | None, message: str) -> None:
    # 99 until the end is known: 1 is also given for seconds while it still runs.
    job.progress(min(99, round(100 * (share or 0))), 100, message)


def _end(job: JobContext, row: StashJob, status: str) -> str:
    row.status, row.ended_at = status, timezone.now()
    with job.transaction(recording=True):
        row.save(update_fields=["status", "ended_at"])
    if status == "CANCELLED":
        raise cancelled_in_stash(row.kind)
    return status


def cancelled_in_stash(kind: str) -> JobError:
    """Whoever cancelled it there meant it, so it is not asked for again by itself."""
    message = f"Somebody cancelled the {kind} job in Stash's own pages. The next run asks again, as does a retry."
    return JobError("stash_job_cancelled", message, permanent=True)


def stop_generation(stash: StashClient, row: StashJob) -> bool:
    """Stop what ``row`` stands for, if Stash still has just that; whether it was asked to stop.

    For a job that was cancelled, perhaps by another process than the one that asked.
    """
    state = stash.find_job(row.stash_id) if row.stash_id else None
    if state is None or state.is_ended:
        return False
    marks = (state.description, state.add_time)
    # Without marks it was cancelled in the moment between the asking and the first look.
    ours = marks == (row.description, row.added) if row.added else state.description.startswith(GENERATE_DESCRIPTION)
    if ours:
        stash.stop_job(row.stash_id)
    return ours
