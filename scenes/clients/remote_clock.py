"""What time it is at a service, as far as the ``Date`` of its answers tells: whole seconds, rounded down."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

RESOLUTION = 1.0  # seconds


class TheirClock:
    """Compared with the monotonic one of this machine, which nobody sets."""

    def __init__(self) -> None:
        self._ahead: float | None = None  # seconds that theirs is ahead of the monotonic one, at the least
        self._agrees = True  # with this machine's own clock, by the last answer

    def hear(self, date: str, sent: float, received: float) -> None:
        """An answer's ``Date``, made between these two times of ``time.monotonic()``; what is none is left out."""
        try:
            said = parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):
            return
        at_least, at_most = said - received, said + RESOLUTION - sent
        self._agrees = at_least <= timezone.now().timestamp() - time.monotonic() <= at_most
        # Each answer narrows it down; what does not fit any more was before somebody set their clock.
        if self._ahead is None or not at_least <= self._ahead <= at_most:
            self._ahead = at_least

    def now(self) -> datetime:
        """The earliest time that it may be there, aware; ours as long as they gave none."""
        if self._ahead is None:
            return timezone.now()
        return datetime.fromtimestamp(time.monotonic() + self._ahead, UTC)

    def of_ours(self, moment: datetime) -> datetime:
        """A time of our clock by theirs: the same while both agree, as far as can be told; else to half a second."""
        if self._agrees:
            return moment
        return moment + (self.now() - timezone.now()) + timedelta(seconds=RESOLUTION / 2)
