"""Looking at a job of Stash, again and again, and having patience with a Stash that does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs.context import JobContext
from jobs.models import Event
from scenes.clients.base import ServiceError
from scenes.clients.stash import StashClient
from scenes.clients.stash import StashJob as Theirs
from scenes.models import StashJob
from scenes.stash.stash_jobs.journal import Journal
from scenes.stash.stash_jobs.recognising import was_asked_by_us

LONGEST_PAUSE = 10.0  # seconds between two tries of a Stash that does not answer


@dataclass(frozen=True)
class Look:
    """One look at a job of Stash. ``waited`` differs with each look while it waits behind somebody else's.

    So `JobContext.poll` sees a change, and never calls it stalled; it does see one in each ``trouble``, too, which
    has a deadline of its own. ``ahead``: what it waits for, which may be one that we asked for earlier; that does
    stall when it hangs.
    """

    state: Theirs | None = None
    ahead: Theirs | None = None
    waited: int = 0
    trouble: ServiceError | None = None

    def seen(self) -> Theirs | None:
        """Raises ServiceError when Stash did not answer."""
        if self.trouble is not None:
            raise self.trouble
        return self.state


def looks(stash: StashClient, row: StashJob, journal: Journal) -> Callable[[], Look]:
    """A function that looks at the row's job; what Stash logged meanwhile goes into the journal."""
    waited = 0

    def look() -> Look:
        nonlocal waited
        state, lines = stash.watch_job(row.stash_id)
        journal.collect(lines)
        if state is None or not state.is_waiting:
            return Look(state)
        ahead = next((one for one in stash.job_queue() if not one.is_waiting), None)
        waited += ahead is not None and not was_asked_by_us(ahead)
        return Look(state, ahead, waited)

    def safely() -> Look:
        try:
            return look()
        except ServiceError as error:
            return Look(trouble=error)

    return safely


class Patience:
    """Waits out errors that pass, with back-off, as long as the job may show no progress. They cost no attempt."""

    def __init__(self, job: JobContext, every: float):
        self.job, self.every = job, every
        self.since: float | None = None  # time.monotonic()
        self.pause = every

    def wait_out(self, error: ServiceError) -> None:
        """Let some time pass. Raises the error when it is permanent, or has lasted too long."""
        if error.permanent:
            raise error
        now = time.monotonic()
        if self.since is None:
            self.since, self.pause = now, self.every
            self.job.log(f"{error.message} It is waited for.", Event.Level.WARNING)
        elif now - self.since > self.job.no_progress:
            raise error
        self.job.pause(self.pause)
        self.pause = min(2 * self.pause, LONGEST_PAUSE)

    def answered(self) -> None:
        if self.since is not None:
            self.job.log(f"Stash answers again, after {time.monotonic() - self.since:.0f} s.")
            self.since = None
