"""What a task receives: its job, the transaction in which it writes, and the only way to wait."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from jobs import clock, events, wakeup
from jobs.conf import conf
from jobs.declare.registry import no_progress
from jobs.errors import Cancelled, ClaimLost, Unwind, stalled
from jobs.models import Batch, Event, Job, Status
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import shortened
from jobs.waiting import Abandoned, Waiter

T = TypeVar("T")
logger = logging.getLogger(conf.logger)

PROGRESS_EVERY = 0.25  # seconds between two writes of a job's progress
MAX_MESSAGE = 1000  # characters
MAX_DOUBLINGS = 2  # of the time that an answer may take


class JobContext(Waiter):
    """A claimed job. Waiting through it ends early when the job is cancelled or stopped, or its claim is lost.

    ``interrupt`` is set by the heartbeat (`jobs.worker.heartbeat`); ``checkpoint()`` raises it.
    ``begin``: of a prefetched job, has its row say that it is at work (`jobs.worker.prefetched`).
    """

    def __init__(self, job: Job, begin: Callable[[], None] | None = None):
        super().__init__(threading.Event())
        self.job = job
        self._begin = begin
        self.has_written = False
        self.token = job.claim_token
        self.params: dict[str, Any] = job.params
        self.interrupt: type[Unwind] | None = None
        # All four are of time.monotonic(); ``_call_ends``: the deadline of the call in progress.
        self._claimed_until = 0.0
        self._progress_written = 0.0
        self._last_sign = time.monotonic()
        self._call_ends = 0.0

    @property
    def id(self) -> uuid.UUID:
        return self.job.id

    @property
    def batch(self) -> Batch:
        """What the job works at: apps link their rows to it."""
        assert self.job.batch is not None  # only a run has none
        return self.job.batch

    @property
    def timeout_factor(self) -> int:
        """1, 2, then 4, with each attempt."""
        return 1 << min(self.job.attempt - 1, MAX_DOUBLINGS)

    def failed_already(self, failed_by: uuid.UUID | None, failed_at: datetime | None) -> bool:
        """Whether an item failed in this job, in this or an earlier attempt, since a person last started or retried it.

        A crash, or a service that was away, brings the job again: that must not use up the attempts of its items.
        """
        begun = self.job.started_at
        return failed_by == self.id and failed_at is not None and begun is not None and failed_at >= begun

    # Being prefetched

    @property
    def is_prefetched(self) -> bool:
        """Whether its row may say as yet that it waits."""
        return self._begin is not None

    def begin(self) -> None:
        """Have its row say that it is at work: before it writes anything, or when it takes longer than was thought."""
        if self._begin is not None:
            self._begin()

    def _write(self) -> None:
        """It is about to write something."""
        self.has_written = True
        self.begin()

    def begun(self) -> None:
        """Its row says so."""
        self._begin = None

    # Being interrupted

    def interrupted_by(self, reason: type[Unwind]) -> None:
        """Called by the heartbeat, from its thread."""
        self.interrupt = reason
        self.wake.set()

    def checkpoint(self) -> None:
        """Raise Cancelled, Stopping or ClaimLost if the job was interrupted. Call it between items."""
        self._last_sign = time.monotonic()
        if self.interrupt is not None:
            raise self.interrupt

    def is_stalled(self) -> bool:
        """Whether the task gave no sign of life for `no_progress`; a call in progress has its own time limit."""
        now = time.monotonic()
        return now > self._call_ends and now - self._last_sign > self.no_progress

    @property
    def no_progress(self) -> float:
        """Seconds without progress after which the job is stalled."""
        return no_progress(self.job.type)

    # Writing

    @contextmanager
    def transaction(self, *, recording: bool = False) -> Iterator[None]:
        """The transaction for everything that a job writes in our database. It checks the claim first.

        ``recording=True`` allows it for a cancelled job too: to record the outcome of a write to a service that was
        in progress when the job was cancelled. Raises ClaimLost or Cancelled. Keep it short; no requests inside.
        """
        self._write()
        with transaction.atomic():
            self._check_claim(recording)
            yield

    def _check_claim(self, recording: bool) -> None:
        status = (
            Job.objects.select_for_update(no_key=True)
            .filter(pk=self.id, claim_token=self.token)
            .values_list("status", flat=True)
            .first()
        )
        if status is None:
            raise ClaimLost
        if status == Status.CANCELLED and not recording:
            raise Cancelled

    def _raise_refusal(self) -> None:
        """Raise ClaimLost or Cancelled: the job can no longer be written to."""
        with transaction.atomic():  # PostgreSQL locks rows in transactions only
            self._check_claim(recording=False)

    def progress(
        self, done: int, total: int | None = None, message: str | Callable[[], str] = "", *, part: float = 0
    ) -> None:
        """Record the progress: ``done`` of ``total`` items, and what the job is doing. ``part``, 0…1, of the next item.

        ``message``: where there are many items, what makes it, since it is made only when it is written.
        Written at most every PROGRESS_EVERY seconds, except for the last item; the percentage never decreases.
        """
        self.checkpoint()
        now = time.monotonic()
        if done != total and now - self._progress_written < PROGRESS_EVERY:
            return
        self._progress_written = now
        self._write()
        percent = max(self.job.percent, min(100, int(100 * (done + part) / total))) if total else self.job.percent
        self.job.percent = percent
        written = Job.objects.filter(pk=self.id, claim_token=self.token, status=Status.RUNNING).update(
            done=done,
            total=total,
            percent=percent,
            message=shortened(message() if callable(message) else message, MAX_MESSAGE),
            version=F("version") + 1,
            updated_at=timezone.now(),
        )
        if not written:
            self._raise_refusal()
        events.publish(self.job.root_id)

    def log(self, message: str, level: str = Event.Level.INFO, **data: Any) -> None:
        """Write a line to the job's log (an event row) and to the process's."""
        logger.log(getattr(logging, level.upper()), "%s run=%s job=%s", message, self.job.root_id, self.id)
        with self.transaction(recording=True):
            Event.objects.create(
                job=self.job,
                kind="log",
                level=level,
                message=shortened(message, MAX_MESSAGE),
                attempt=self.job.attempt,
                data=data,
            )
            self.changed()

    def changed(self) -> None:
        """Something that its card shows was written elsewhere: without a new version, no open page would show it."""
        self._write()
        Job.objects.filter(pk=self.id).update(version=F("version") + 1, updated_at=timezone.now())
        events.publish(self.job.root_id)

    def make_room(self) -> None:
        """Let the step begin another batch beside this one: what is left here is to wait, or follows in another job."""
        with self.transaction():
            made = Batch.objects.filter(pk=self.batch.pk, makes_room=False).update(makes_room=True)
            if made and Batch.objects.filter(step=self.batch.step_id, status=Status.QUEUED).exists():
                wakeup.wake_after_commit(self.job.root_id)

    # Waiting

    def pause(self, seconds: float) -> None:
        super().pause(seconds)
        self.checkpoint()

    def read(self, call: Callable[[], T], seconds: float) -> T:
        self.checkpoint()
        try:
            with self._in_call(seconds):
                return super().read(call, seconds)
        except Abandoned:
            self.checkpoint()
            raise

    def write(self, call: Callable[[], T], seconds: float) -> T:
        """A write to a service: started only while the claim is sure to outlive it, and awaited until it ends."""
        self.checkpoint()
        self.extend_claim(seconds)
        with self._in_call(seconds):
            return super().write(call, seconds)

    @contextmanager
    def _in_call(self, seconds: float) -> Iterator[None]:
        self._call_ends = time.monotonic() + seconds
        try:
            yield
        finally:
            self._last_sign, self._call_ends = time.monotonic(), 0.0

    def extend_claim(self, seconds: float) -> None:
        """Make sure of the claim for that long: the heartbeat may not have noticed yet that it is cancelled or lost."""
        self._write()
        self._hold(seconds)
        while time.monotonic() + seconds > self._claimed_until:  # it was frozen meanwhile: the answer may be an old one
            self._hold(seconds)

    def _hold(self, seconds: float) -> None:
        mine = Job.objects.filter(pk=self.id, claim_token=self.token, status=Status.RUNNING)
        begun = time.monotonic()
        if self._claimed_until > begun + seconds + 1:
            held: bool | int = mine.exists()
        else:
            lease = clock.lease(seconds)
            held = mine.update(lease_until=clock.now() + lease)
            self._claimed_until = begun + lease.total_seconds()
        if not held:
            self._raise_refusal()

    def poll(self, ask: Callable[[], T], every: float, *, what: str = _("It"), hint: str = "") -> Iterator[T]:
        """Yield ``ask()``'s answer every ``every`` seconds until the caller stops.

        Raises a transient JobError ``stalled`` when the answer does not change for `no_progress` seconds. Its message
        names ``what`` is polled, and gives a ``hint`` how to fix it.
        """
        last: T | None = None
        changed = time.monotonic()
        while True:
            answer = ask()
            if answer != last:
                last, changed = answer, time.monotonic()
            elif time.monotonic() - changed > self.no_progress:
                raise stalled(what, hint, self.no_progress)
            yield answer
            self.pause(every)
