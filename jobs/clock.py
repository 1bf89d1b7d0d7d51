"""The clock that leases are measured by: the database's, since those of several hosts differ."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from jobs.conf import conf

LONGEST_WRITE = 120.0  # seconds that a write to a service may be awaited
CLOCK_TOLERANCE = 2.0  # seconds that the clock may deviate from the monotonic one between two readings


def now() -> datetime:
    """On PostgreSQL one small query; SQLite's processes share a host and its clock."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def lease(write: float = 0.0) -> timedelta:
    """How long a claim is valid from now on; it outlives a ``write`` that takes up to that many seconds."""
    if write > LONGEST_WRITE:
        raise ValueError(f"No write may take longer than {LONGEST_WRITE:g} s.")
    return timedelta(seconds=max(conf.lease, write + 5))


def delayed_after() -> float:
    """Seconds without a reading of the clock that are too long: a living worker may not have renewed its lease."""
    # It renewed it up to a heartbeat before, and needs some time for the next one.
    return max(CLOCK_TOLERANCE, (conf.lease - conf.heartbeat) / 2)


def is_over(lease_until: datetime, at: datetime) -> bool:
    """Whether a lease has expired at ``at``. So has one further ahead than any lease lasts: the clock was set back."""
    return not at <= lease_until <= at + lease(LONGEST_WRITE)


class LeaseClock:
    """Tells the time that leases are compared with, or that they can't be compared now.

    When the clock was set, the machine was suspended, or its processes were stopped, all leases look expired although
    their workers are alive. Then no lease counts as expired for the duration of one, so that they can renew theirs.
    """

    def __init__(self) -> None:
        self.last: tuple[datetime, float, float] | None = None
        self.read_at: float | None = None  # time.monotonic(), which stands still while a machine is suspended
        self.paused_since: float | None = None  # likewise

    def begin(self) -> None:
        """From now on this process reads it often, so that a delay is noticed, also one before the first reading."""
        self.read_at = time.monotonic()

    def now(self) -> datetime | None:
        """Now; None while expired leases prove nothing."""
        before, at, after = time.monotonic(), now(), time.monotonic()
        if self.last and not self.agrees(self.last, before, at, after):
            self.paused_since = after
        # Whatever stopped this process between two readings may have stopped the workers, too.
        if self.read_at is not None:
            if after - self.read_at > delayed_after():
                self.pause_expiry()
            self.read_at = after
        self.last = at, before, after
        waits = self.paused_since is not None and after - self.paused_since < conf.lease
        return None if waits else at

    def pause_expiry(self) -> None:
        """Suspend expiry for one lease; not again before two have passed, or no lease would ever expire."""
        now = time.monotonic()
        if self.paused_since is None or now - self.paused_since > 2 * conf.lease:
            self.paused_since = now

    @staticmethod
    def agrees(last: tuple[datetime, float, float], before: float, at: datetime, after: float) -> bool:
        """Whether the same time passed on both clocks, whenever between the two monotonic readings it was read."""
        passed = (at - last[0]).total_seconds()
        return before - last[2] - CLOCK_TOLERANCE <= passed <= after - last[1] + CLOCK_TOLERANCE
