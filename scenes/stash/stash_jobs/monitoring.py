"""Starting a job of Stash and monitoring it to its end; it is started again when Stash has lost it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.errors import JobError
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from scenes import configuration
from scenes.clients.base import ServiceError
from scenes.clients.stash.client import StashClient, StashJobState
from scenes.crash_points import CrashPoint
from scenes.models import StashJob
from scenes.stash.stash_jobs.journal import Journal
from scenes.stash.stash_jobs.matching import has_marks, is_alike, was_added_after
from scenes.stash.stash_jobs.polling import Backoff, poller
from scenes.stash.stash_jobs.rows import GENERATE, NOT_FOUND, SCAN, STOPPED
from scenes.stash.stash_jobs.stopping import has_stopped, intend_to_stop

MAX_ASKS = 3  # times that one attempt asks for the same, when Stash keeps losing it
INTENDED = {SCAN: CrashPoint.SCAN_INTENDED, GENERATE: CrashPoint.GENERATE_INTENDED}
ASKED = {SCAN: CrashPoint.SCAN_ASKED, GENERATE: CrashPoint.GENERATE_ASKED}
SEEN = {SCAN: CrashPoint.SCAN_SEEN, GENERATE: CrashPoint.GENERATE_SEEN}
INTENDED_TASK, ASKED_TASK = CrashPoint.STASH_TASK_INTENDED, CrashPoint.STASH_TASK_ASKED
SEEN_TASK = CrashPoint.STASH_TASK_SEEN
HOW_TO_FIX = _("Look at the tasks and the log in Stash's own pages; restart Stash if it hangs.")

Show = Callable[[float | None, str], None]


def monitor(
    job: JobContext,
    stash: StashClient,
    row: StashJob,
    ask: Callable[[], str] | None,
    *,
    show: Show | None = None,
    until: float | None = None,
    journal: Journal | None = None,
    once: bool = False,
) -> str:
    """Returns how the job ended: Stash's FINISHED or FAILED, or our STOPPED or NOT_FOUND.

    ``ask`` asks Stash for it and gives the id; it is called when ``row`` has none yet or Stash lost it. Without
    it only what was asked earlier is monitored, and NOT_FOUND returned where that is not possible.
    ``show(share, message)`` shows the progress, 0…1 or None; by default as percent of the job. At ``until``
    (`time.monotonic`) the job of Stash is stopped. What Stash logs meanwhile goes into ``journal``. ``once``: it may
    do harm to ask twice, so that what Stash lost is NOT_FOUND.

    A Stash that is away meanwhile is waited for, as long as the job may show no progress. Raises JobError:
    ``stash_job_cancelled`` (somebody cancelled it in Stash; permanent), ``stash_job_lost``, ``stalled``.
    """
    monitoring = Monitor(job, stash, row, show or partial(show_percent, job), until, journal or Journal())
    status = row.status = monitoring.ended(ask, once=once)
    row.ended_at = timezone.now()
    with job.transaction(recording=True):
        row.save(update_fields=["status", "ended_at", "error"])
    if status == "CANCELLED":
        raise cancelled_in_stash(row.name)
    return status


@dataclass
class Monitor:
    """One row's job of Stash. ``answered_at``: when Stash answered our request, by our clock."""

    job: JobContext
    stash: StashClient
    row: StashJob
    show: Show
    until: float | None
    journal: Journal
    answered_at: datetime = field(default_factory=timezone.now)

    def ended(self, ask: Callable[[], str] | None, *, once: bool) -> str:
        """How it ended; see `monitor`."""
        row = self.row
        if ask is None and not row.added:  # without its marks, what has the id may be another's
            return NOT_FOUND
        for _time in range(MAX_ASKS):
            if not row.added and ask is not None:
                self.ask(ask)
            if status := self.wait():
                return status
            if ask is None or once or row.stop_asked_at:
                return STOPPED if row.stop_asked_at else NOT_FOUND
            text = _("Stash no longer knows its {name} job; it was restarted. It is asked again.", name=_(row.name))
            self.job.log(text, "warning")
            row.stash_id = row.description = row.added = ""
        text = _("Stash lost its {name} job {count} times. Look into Stash's log.", name=_(row.name), count=MAX_ASKS)
        raise JobError("stash_job_lost", text)

    def ask(self, ask: Callable[[], str]) -> None:
        row = self.row
        row.asked_at = timezone.now()
        with self.job.transaction():
            row.save()
        crash_point(INTENDED.get(row.kind, INTENDED_TASK))
        row.stash_id = ask()
        self.answered_at = timezone.now()
        crash_point(ASKED.get(row.kind, ASKED_TASK))
        with self.job.transaction(recording=True):  # also for a cancelled job, so that it can be stopped in Stash
            row.save(update_fields=["stash_id", "description", "added"])

    def wait(self) -> str | None:
        """How it ended, or None when Stash does not know it (any more)."""
        every = configuration.current().stash_poll
        backoff = Backoff(self.job, every)
        poll = poller(self.stash, self.row, self.journal)
        what = _("Stash's {name} job", name=_(self.row.name))
        for result in self.job.poll(poll, every, what=what, hint=HOW_TO_FIX):
            try:
                state = result.unwrap()
                if state is None or not self.is_ours(state):
                    return None
                if state.is_ended:
                    return self.end_of(state)
                self.stop_in_time(state)
                self.show(*result.progress())
            except ServiceError as error:
                backoff.wait(error)
            else:
                backoff.reset()
        raise AssertionError("poll ends by raising only")

    def is_ours(self, state: StashJobState) -> bool:
        """Whether this is the job we asked for; at the first poll after asking, its marks are recorded."""
        row = self.row
        if row.added:
            return has_marks(row, state)
        if not is_alike(row, state) or was_added_after(self.stash, self.answered_at, state):
            return False
        row.description, row.added = state.description, state.add_time
        with self.job.transaction(recording=True):
            row.save(update_fields=["description", "added"])
        crash_point(SEEN.get(row.kind, SEEN_TASK))
        return True

    def end_of(self, state: StashJobState) -> str:
        """How it ended, in Stash's word or, when we stopped it, in ours; what was wrong is logged."""
        if state.error:
            self.row.error = self.stash.clean(state.error)
            text = _("Stash's {name} job ended with: {error}", name=_(self.row.name), error=self.row.error)
            self.job.log(text, Event.Level.WARNING)
        return STOPPED if self.row.stop_asked_at else state.status

    def stop_in_time(self, state: StashJobState) -> None:
        """Have Stash stop it once its time is over."""
        if self.until is None or time.monotonic() < self.until or state.status == "STOPPING":
            return
        with self.job.transaction():
            intend_to_stop(self.row)
        self.stash.stop_job(state.id)
        has_stopped(self.row)


def show_percent(job: JobContext, share: float | None, message: str) -> None:
    """As the job's own progress."""
    # 99 until the end is known: 1 is also given for seconds while it still runs.
    job.progress(min(99, round(100 * (share or 0))), 100, message)


def cancelled_in_stash(name: str) -> JobError:
    """Whoever cancelled it there meant it, so only a person or the next run asks for it again."""
    message = _(
        "Somebody cancelled the {name} job in Stash's own pages. The next run asks again, as does a retry.",
        name=_(name),
    )
    return JobError("stash_job_cancelled", message, permanent=True)
