"""The server's clock, and how a real Stash writes its times.

Rows: whole seconds in the server's local zone, ``2026-11-22T03:17:24-08:00``, with ``Z`` where that is UTC.
Jobs and log lines: up to nanoseconds, as Go's RFC3339Nano writes them.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo


class Clock:
    """The real time, moved by ``shift`` (seconds), in ``zone`` (a name of the zone database)."""

    def __init__(self, zone: str = "UTC"):
        self.zone = ZoneInfo(zone)
        self.shift = timedelta(0)

    def set_zone(self, name: str) -> None:
        """Raises ZoneInfoNotFoundError."""
        self.zone = ZoneInfo(name)

    def set_now(self, moment: datetime | None) -> None:
        """Let the clock go on from ``moment`` (UTC if it names no zone); None: from the real time."""
        real = datetime.now(UTC)
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        self.shift = (moment or real) - real

    def now(self) -> datetime:
        return (datetime.now(UTC) + self.shift).astimezone(self.zone)

    def row_time(self) -> str:
        """Now, as ``created_at`` and ``updated_at`` are written."""
        return row_text(self.now())

    def http_date(self) -> str:
        """Now, as the header `Date` of an answer has it."""
        return format_datetime(self.now().astimezone(UTC), usegmt=True)

    def file_time(self, seconds: float) -> str:
        """A file's modification time, in whole seconds as Stash keeps it."""
        return row_text(datetime.fromtimestamp(int(seconds), self.zone))

    def precise_time(self) -> str:
        """Now, as jobs and log lines have it."""
        now = self.now()
        nanoseconds = now.microsecond * 1000 + time.time_ns() % 1000
        fraction = f".{nanoseconds:09d}".rstrip("0").rstrip(".")
        return now.strftime("%Y-%m-%dT%H:%M:%S") + fraction + offset_text(now)


def row_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + offset_text(moment)


def offset_text(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta(0)
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "Z"
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


RELATIVE = re.compile(r"^([<>])(\d+)([smhd])$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_timestamp(text: str, clock: Clock) -> datetime:
    """The scalar ``Timestamp``: RFC 3339, or ``<4h`` for four hours ago. Raises ValueError."""
    if match := RELATIVE.match(text):
        step = timedelta(seconds=int(match[2]) * SECONDS[match[3]])
        return clock.now() - step if match[1] == "<" else clock.now() + step
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.zone)
