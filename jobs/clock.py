"""The clock that leases are measured by: the database's, since those of several hosts differ."""

from __future__ import annotations

import time
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone

UNEVEN = 2.0  # seconds that it may differ from a clock that nobody sets, between two looks


def now() -> datetime:
    """On PostgreSQL one small query; SQLite's processes share a host and its clock."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


class Judge:
    """Tells by which time leases may be judged.

    When the clock was set, or the machine slept, all leases look expired although everybody lives: for one lease
    nobody is judged, so that the living can renew theirs.
    """

    def __init__(self) -> None:
        self.last: tuple[datetime, float] | None = None
        self.jumped: float | None = None  # time.monotonic(), which stands still while a machine sleeps

    def time(self) -> datetime | None:
        """Now; None while leases tell nothing."""
        at, steady = now(), time.monotonic()
        if self.last and abs((at - self.last[0]).total_seconds() - (steady - self.last[1])) > UNEVEN:
            self.jumped = steady
        self.last = at, steady
        waits = self.jumped is not None and steady - self.jumped < settings.JOBS_LEASE
        return None if waits else at
