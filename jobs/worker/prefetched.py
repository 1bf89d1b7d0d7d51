"""Small jobs that a worker claimed together: they run one after the other, and how they ended is written together.

Which are small is what earlier ones of their type say, in this process. One that takes longer all the same, writes
through its context, or does not end well goes on as if it had been claimed alone: what ended before it is written, and
the rest is released.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from contextvars import copy_context

from django.db import connection
from django.utils import timezone

from jobs import engine
from jobs.context import JobContext
from jobs.declare.pinning import pinning
from jobs.engine.error_boundary import AWAY, catch_errors
from jobs.engine.prefetching.rows import MOST
from jobs.errors import JobError
from jobs.models import Job
from jobs.worker.heartbeat import stopping, watch_next

LONGEST = 0.075  # seconds until what ended is written
ALONE = 64  # jobs of a type that are claimed alone once one of them wrote something


class Sizes:
    """How many jobs of a type are prefetched: none at first, then twice as many with each, while there is time."""

    def __init__(self) -> None:
        self.most: Counter[str] = Counter()
        self.mean: dict[str, float] = {}  # seconds that one takes, of the last few

    def learn(self, context: JobContext, seconds: float) -> None:
        """A job of it ran for so long, before its end was written."""
        type = context.job.type
        self.mean[type] = (self.mean.get(type, seconds) + seconds) / 2
        if context.has_written:
            self.most[type] = -ALONE
            return
        most = 2 * self.most[type] if self.most[type] > 0 else self.most[type] + 1
        self.most[type] = min(MOST, most, int(LONGEST / max(self.mean[type], LONGEST / MOST)))


sizes = Sizes()


class Prefetched:
    """The jobs, of which ``first`` runs and the ``rest`` is queued. The heartbeat's thread calls `flush`, too."""

    def __init__(self, first: Job):
        self.first = first
        self.token = first.claim_token  # of all of them, whatever is written of each
        self.rest = deque[Job]()
        self.ended: list[engine.Ended] = []
        self.cancelled: list[Job] = []  # to be cleaned up
        self.first_context = JobContext(first, self.flush)
        self.context: JobContext | None = self.first_context  # of the one that is at work
        self.is_open = False  # there are some of which nothing is written yet
        self.more_come = False  # see `open`
        self.is_in_doubt = False  # it was, within a transaction of the task, which may be rolled back
        self.worker = threading.get_ident()
        self.lock = threading.RLock()
        self.until = 0.0
        self.settings = ExitStack()
        self.without_settings = copy_context()

    def open(self, rest: list[Job], are_all: bool) -> None:
        """These were prefetched. Without any, the first one is claimed alone.

        Where several are all that is due, somebody starts them one by one: a moment later more share the next claim.
        """
        with self.lock:
            self.more_come = are_all
            self.rest.extend(rest)
            self.is_open, self.until = bool(rest), time.monotonic() + LONGEST
            if not rest:
                self.first_context.begun()

    def contexts(self) -> Iterator[JobContext]:
        """Of each job when its turn has come; it ends with the first that does not end well, or is not small."""
        while (context := self.context) is not None:
            yield context
            if self.context is not None:
                return
            self.context = self._next()

    def keep_settings(self, pinned: Mapping[str, str]) -> None:
        """Those of the first job for all of them: they were started with the same."""
        if not self.ended:
            self.settings.enter_context(pinning().applied(pinned))

    def end(self, context: JobContext) -> bool:
        """The job at work has done its work; False when its end is to be written alone."""
        with suppress(*AWAY), self.lock:
            report = self.without_settings.copy().run(engine.report_of, context.job)
            if not self.is_open or report.errors:
                return False
            began_at = context.job.started_at or timezone.now()
            self.ended.append(engine.Ended(context.job, report, began_at, timezone.now()))
            self.context, self.is_in_doubt = None, False
            return True
        return False

    def _next(self) -> JobContext | None:
        with suppress(*AWAY), self.lock:
            over = not self.is_open or stopping.is_set() or time.monotonic() > self.until
            if over or not self.rest or not engine.may_begin(self.token, self.first, self.rest[0]):
                return None
            job = self.rest.popleft()
            job.started_at = timezone.now()
            context = JobContext(job, self.flush)
            watch_next(context)
            return context
        return None

    def flush(self) -> None:
        """Write what ended, let the row of the job at work say so, and release the rest."""
        with self.lock:
            if not self.is_open or self.context is None:
                return
            if self.is_in_doubt and threading.get_ident() != self.worker:
                return  # the heartbeat's thread would wait for that transaction, and its task for this one
            # A task that is at work has the settings of its run, which concern nothing of this.
            self.without_settings.copy().run(self._record, self.context.job, list(self.rest))
            self.is_in_doubt = connection.in_atomic_block
            if not self.is_in_doubt:
                self.is_open = False
                self.context.begun()

    def close(self) -> Job | None:
        """Write what ended, release the rest, and claim what follows, unless more of it come."""
        self.settings.close()
        with self.lock:
            if not self.is_open:
                return None
            # The one at work has no row that says so if that was rolled back, and its task was interrupted.
            at_work = [self.context.job] if self.context is not None else []
            successor = self._record(None, [*at_work, *self.rest])
            self.is_open = False
            return successor

    def _record(self, current: Job | None, rest: list[Job]) -> Job | None:
        """What can't be written of one, not even alone, must not keep the others from ending."""

        def write() -> tuple[list[Job], Job | None]:
            if current is None and self.ended:
                claims = bool(rest) or not self.more_come
                return engine.record_and_claim(self.token, self.ended, rest, claims=claims)
            return engine.record(self.token, self.ended, current, rest), None

        outcome = catch_errors(write, self.first)
        if isinstance(outcome, JobError):
            outcome = engine.record_each(self.token, self.ended, current, rest), None
        self.cancelled, successor = outcome
        return successor
