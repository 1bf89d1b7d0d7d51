"""The server's log: the only place where a real Stash says why a job did nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ..library.records import LogEntry
from ..library.timestamps import Clock

KEPT = 30  # entries that the query `logs` gives, newest first (read in Stash's internal/log/logger.go)


class Log:
    def __init__(self, clock: Clock):
        self.clock = clock
        self.entries: deque[LogEntry] = deque(maxlen=KEPT)
        self.listeners: list[Callable[[LogEntry], None]] = []

    def info(self, message: str) -> None:
        self._add("Info", message)

    def warning(self, message: str) -> None:
        self._add("Warning", message)

    def error(self, message: str) -> None:
        self._add("Error", message)

    def _add(self, level: str, message: str) -> None:
        entry = LogEntry(self.clock.precise_time(), level, message)
        self.entries.appendleft(entry)
        for listener in list(self.listeners):
            listener(entry)
