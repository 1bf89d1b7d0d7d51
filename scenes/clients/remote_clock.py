"""What time it is at a service, as far as the ``Date`` of its answers tells: whole seconds, rounded down."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

RESOLUTION = 1.0  # seconds


class RemoteClock:
    """A service's clock, compared with the monotonic one of this machine, which nobody sets."""

    def __init__(self) -> None:
        self._offset: float | None = None  # seconds that it is ahead of the monotonic clock, at the least
        self._agrees = True  # with this machine's own clock, by the last answer

    def observe(self, date: str, sent: float, received: float) -> None:
        """An answer's ``Date``, made between these two times of ``time.monotonic()``; an invalid one is ignored."""
        try:
            remote = parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):
            return
        at_least, at_most = remote - received, remote + RESOLUTION - sent
        self._agrees = at_least <= timezone.now().timestamp() - time.monotonic() <= at_most
        # Each answer narrows it down; what does not fit any more was before somebody set that clock.
        if self._offset is None or not at_least <= self._offset <= at_most:
            self._offset = at_least

    def now(self) -> datetime:
        """The earliest time that it may be there, aware; the local time until a first ``Date``."""
        if self._offset is None:
            return timezone.now()
        return datetime.fromtimestamp(time.monotonic() + self._offset, UTC)

    def from_local(self, moment: datetime) -> datetime:
        """A local time by the remote clock: the same while both agree, as far as is known; else to half a second."""
        if self._agrees:
            return moment
        return moment + (self.now() - timezone.now()) + timedelta(seconds=RESOLUTION / 2)
