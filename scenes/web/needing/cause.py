"""What a cause is: why some things need a person, in a sentence, and what fixes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fix:
    """Where to go, or what to do: ``act`` and ``value`` are those of a button. ``permission``: who may.

    ``say``: what the button would say; where it is not allowed, the sentence of the cause is all.
    """

    say: str
    permission: str
    address: str = ""
    act: str = ""
    value: str = ""


@dataclass(frozen=True)
class Item:
    """One thing of a cause. ``fix``: for this one alone."""

    name: str
    message: str = ""
    address: str = ""
    fix: Fix | None = None
    is_quarantined: bool = False


@dataclass(frozen=True)
class Cause:
    """``kind``: "bad" for what went wrong, "person" for what is to be decided. ``count``: things, of which some
    ``items`` are named; ``is_named``: each could be. ``key`` is its own among all causes.
    """

    key: str
    title: str
    sentence: str
    count: int
    kind: str = "bad"
    fix: Fix | None = None
    items: Sequence[Item] = field(default_factory=tuple)
    is_named: bool = False

    @property
    def more(self) -> int:
        return self.count - len(self.items) if self.items or self.is_named else 0
