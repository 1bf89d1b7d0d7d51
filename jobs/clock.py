"""The clock that leases are measured by: the database's, since those of several hosts differ."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

LONGEST_WRITE = 120.0  # seconds that a write to a service may be awaited
CLOCK_TOLERANCE = 2.0  # seconds that it may differ from a clock that nobody sets, between two looks


def now() -> datetime:
    """On PostgreSQL one small query; SQLite's processes share a host and its clock."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def lease(write: float = 0.0) -> timedelta:
    """How long a claim is good for from now on; one that begins a ``write`` of so many seconds surely outlives it."""
    if write > LONGEST_WRITE:
        raise ValueError(f"No write may take longer than {LONGEST_WRITE:g} s.")
    return timedelta(seconds=max(settings.JOBS_LEASE, write + 5))


def is_over(lease_until: datetime, at: datetime) -> bool:
    """Whether a lease has run out by ``at``. One further ahead than any can be: the clock was set back."""
    return not at <= lease_until <= at + lease(LONGEST_WRITE)


class LeaseClock:
    """Tells by which time leases may be judged.

    When the clock was set, or the machine slept, all leases look expired although everybody lives: for one lease
    nobody is judged, so that the living can renew theirs.
    """

    def __init__(self) -> None:
        self.last: tuple[datetime, float, float] | None = None
        self.paused_since: float | None = None  # time.monotonic(), which stands still while a machine sleeps

    def now(self) -> datetime | None:
        """Now; None while leases tell nothing."""
        before, at, after = time.monotonic(), now(), time.monotonic()
        if self.last and not self._agrees(self.last, before, at, after):
            self.paused_since = after
        self.last = at, before, after
        waits = self.paused_since is not None and after - self.paused_since < settings.JOBS_LEASE
        return None if waits else at

    def pause_expiry(self) -> None:
        """Suspend expiry for one lease; not again before two have passed, or no lease would ever expire."""
        now = time.monotonic()
        if self.paused_since is None or now - self.paused_since > 2 * settings.JOBS_LEASE:
            self.paused_since = now

    @staticmethod
    def _agrees(last: tuple[datetime, float, float], before: float, at: datetime, after: float) -> bool:
        """Whether as much time went by on both clocks, whenever between the looks at one the other was read."""
        passed = (at - last[0]).total_seconds()
        return before - last[2] - CLOCK_TOLERANCE <= passed <= after - last[1] + CLOCK_TOLERANCE
