"""What was asked of the simulator, for tests to read. Keys and cookies are never in it."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEPT = 20_000  # requests
SECRET_HEADERS = {"apikey", "authorization", "cookie"}


@dataclass(slots=True)
class Entry:
    """One request. ``status`` is None while it is not answered, and when no answer was given.

    ``fields``: the operation's root fields. ``at``: seconds since 1970. ``had_key``: an ApiKey header came.
    """

    method: str
    path: str
    headers: dict[str, str]
    had_key: bool
    at: float = field(default_factory=time.time)
    operation: str | None = None
    fields: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    status: int | None = None
    fault: str | None = None
    seconds: float | None = None


class RequestLog:
    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, method: str, path: str, headers: dict[str, str]) -> Entry:
        shown = {name: value for name, value in headers.items() if name.lower() not in SECRET_HEADERS}
        had_key = any(name.lower() == "apikey" for name in headers)
        entry = Entry(method, path, shown, had_key)
        self.entries.append(entry)
        return entry

    def of(self, name: str) -> list[Entry]:
        """Those with ``name`` as operation or among the root fields."""
        return [entry for entry in self.entries if name == entry.operation or name in entry.fields]

    def counters(self) -> dict[str, dict[str, int]]:
        entries = list(self.entries)
        return {
            "operations": dict(Counter(entry.operation or "" for entry in entries if entry.fields)),
            "fields": dict(Counter(name for entry in entries for name in entry.fields)),
            "statuses": dict(Counter(str(entry.status) for entry in entries)),
        }

    def clear(self) -> None:
        self.entries.clear()


# Where a request carries its own entry.
ENTRY = web.RequestKey("entry", Entry)
