"""Polling a job of Stash, and waiting for a Stash that does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs.context import JobContext
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.clients.base import ServiceError
from scenes.clients.stash.client import StashClient, StashJobState
from scenes.models import StashJob
from scenes.stash.stash_jobs.journal import Journal
from scenes.stash.stash_jobs.matching import was_asked_by_us

MAX_DELAY = 10.0  # seconds between two requests to a Stash that does not answer


@dataclass(frozen=True)
class PollResult:
    """The state of a job of Stash at one poll; ``state`` is None when Stash does not know it.

    ``waited`` differs at each poll while the job waits behind somebody else's, so `JobContext.poll` sees a change, and
    never calls it stalled. It sees one in each ``error`` (Stash did not answer), too, which has a deadline of its own.
    ``running``: the job that it waits for, which may be one that we asked for earlier; that does stall when it hangs.
    """

    state: StashJobState | None = None
    running: StashJobState | None = None
    waited: int = 0
    error: ServiceError | None = None

    def unwrap(self) -> StashJobState | None:
        """The state. Raises ServiceError when Stash did not answer."""
        if self.error is not None:
            raise self.error
        return self.state

    def progress(self) -> tuple[float | None, str]:
        """How far the job is, 0…1 or None, and what Stash is at, for people. Only where the state is known."""
        state = self.state
        assert state is not None
        if state.status == "STOPPING":
            return state.progress, _("Stash finishes the current item, then stops")
        if not state.is_waiting:
            return state.progress, state.sub_tasks[0] if state.sub_tasks else state.description
        if self.running is None:
            return None, _("Waiting for Stash to begin")
        share = "" if self.running.progress is None else f"{100 * self.running.progress:.0f} %"
        return None, joined(" ", [_("Stash is busy: {task}", task=self.running.description), share])


def poller(stash: StashClient, row: StashJob, journal: Journal) -> Callable[[], PollResult]:
    """A function that polls the row's job; what Stash logged meanwhile goes into the journal."""
    waited = 0

    def poll() -> PollResult:
        nonlocal waited
        state, lines = stash.watch_job(row.stash_id)
        journal.collect(lines)
        if state is None or not state.is_waiting:
            return PollResult(state)
        running = next((job for job in stash.job_queue() if not job.is_waiting), None)
        waited += running is not None and not was_asked_by_us(running)
        return PollResult(state, running, waited)

    def safe_poll() -> PollResult:
        try:
            return poll()
        except ServiceError as error:
            return PollResult(error=error)

    return safe_poll


class Backoff:
    """Waits for an outage of Stash to pass, as long as the job may show no progress. It costs no attempt."""

    def __init__(self, job: JobContext, min_delay: float):
        self.job, self.min_delay = job, min_delay
        self.since: float | None = None  # time.monotonic() of the outage's first error
        self.delay = min_delay

    def wait(self, error: ServiceError) -> None:
        """Let some time pass. Raises the error when it is permanent, or has lasted too long."""
        if error.permanent:
            raise error
        now = time.monotonic()
        if self.since is None:
            self.since, self.delay = now, self.min_delay
            self.job.log(joined(" ", [error.message, _("It is waited for.")]), Event.Level.WARNING)
        elif now - self.since > self.job.no_progress:
            raise error
        self.job.pause(self.delay)
        self.delay = min(2 * self.delay, MAX_DELAY)

    def reset(self) -> None:
        """Stash answered."""
        if self.since is not None:
            self.job.log(_("Stash answers again, after {seconds:.0f} s.", seconds=time.monotonic() - self.since))
            self.since = None
