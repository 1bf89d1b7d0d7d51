"""Faults that tests arm: the next fitting request meets them.

| fault            | what the client sees | carried out? |
|------------------|----------------------|--------------|
| `refuse`         | the connection is closed without an answer | no |
| `hang`           | nothing, for `seconds` (600), then the connection is closed | no |
| `http_NNN`       | that status with an empty body (`message` is the body if given) | no |
| `not_json`       | 200 with a page of HTML, as from a proxy | no |
| `slow`           | the right answer, `seconds` late | yes |
| `resolver_error` | 200 with `message` ("database is locked") for the field | no |
| `short_page`     | find queries: the `keep` rows with the lowest ids (half of them), `count` as it should be | yes |
| `short_answer`   | as before, and `count` fits the short answer | yes |
| `reset`          | the connection is reset: the work is done and the answer lost | yes |
| `hang_after`     | the work is done, then nothing, for `seconds` | yes |
| `truncated`      | half of the answer, then the connection is closed | yes |
| `drip`           | the right answer, a few bytes at a time, over `seconds` | yes |
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ..graphql.context import Context
from ..graphql.errors import ResolverError
from ..graphql.queries import QUERIES
from ..mutations import MUTATIONS

BEFORE = {"refuse", "hang", "not_json"}
WITHIN = {"resolver_error", "short_page", "short_answer"}
AFTER = {"reset", "hang_after", "truncated", "drip", "slow"}
HTTP = re.compile(r"^http_([1-5]\d\d)$")
ROOT_FIELDS = {**QUERIES, **MUTATIONS}
_numbers = count(1)


class UnknownFault(ValueError):
    """There is no fault of that name."""


@dataclass(slots=True)
class Fault:
    """``operation``: an operation's name, a root field's, or the beginning of a path (``/scene/``); None: any
    GraphQL request. ``times``: how often, None for ever. ``after``: how many fitting requests go by first.
    """

    fault: str
    operation: str | None = None
    times: int | None = 1
    after: int = 0
    seconds: float = 600.0
    message: str | None = None
    keep: int | None = None
    id: int = field(default_factory=lambda: next(_numbers))

    def __post_init__(self) -> None:
        if self.fault not in BEFORE | WITHIN | AFTER and not HTTP.match(self.fault):
            raise UnknownFault(f"there is no fault {self.fault!r}")

    @property
    def status(self) -> int | None:
        match = HTTP.match(self.fault)
        return int(match[1]) if match else None

    @property
    def is_before(self) -> bool:
        return self.fault in BEFORE or self.status is not None

    @property
    def is_after(self) -> bool:
        return self.fault in AFTER

    def fits(self, names: Collection[str], path: str) -> bool:
        if self.operation is None:
            return path == "/graphql"
        if self.operation.startswith("/"):
            return path.startswith(self.operation)
        return self.operation in names

    def arm(self, context: Context) -> None:
        """Have a request's resolvers meet it."""
        if self.fault == "resolver_error":
            context.fail = self.fail
        elif self.fault in ("short_page", "short_answer"):
            context.cut = self.cut

    def _is_meant(self, name: str) -> bool:
        # An operation's name means all of its fields, a field's name that field alone.
        return self.operation in (None, name) or self.operation not in ROOT_FIELDS

    def fail(self, name: str) -> None:
        """Raises ResolverError if that field is meant."""
        if self._is_meant(name):
            raise ResolverError(self.message or "database is locked")

    def cut(self, name: str, rows: list[Any]) -> tuple[list[Any], int]:
        """The rows that are sent of that field, and how many fewer the count says."""
        if not self._is_meant(name):
            return rows, 0
        number = len(rows) // 2 if self.keep is None else self.keep
        # The same ones each time, in whatever order: an odd answer may well be given twice.
        ids = {row.id for row in sorted(rows, key=lambda row: row.id)[:number]}
        kept = [row for row in rows if row.id in ids]
        return kept, len(rows) - len(kept) if self.fault == "short_answer" else 0


class Faults:
    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(self, fault: str, **options: Any) -> Fault:
        """Raises UnknownFault, or TypeError for an option that is none."""
        self.armed.append(Fault(fault, **options))
        return self.armed[-1]

    def clear(self) -> None:
        self.armed.clear()

    def take(self, names: Collection[str], path: str) -> Fault | None:
        """The fault that this request meets; it is used up by it."""
        for fault in [fault for fault in self.armed if fault.fits(names, path)]:
            if fault.after:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    self.armed.remove(fault)
            return fault
        return None
