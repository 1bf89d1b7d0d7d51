"""What a need is: why some things need a person, in a sentence, and what fixes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True)
class Fix:
    """Where to go, or what to do: ``act`` and ``value`` are those of a button. ``permission``: who may.

    ``say``: what the button would say; where it is not allowed, the sentence of the need is all.
    """

    say: str
    permission: str
    address: str = ""
    act: str = ""
    value: str = ""


@dataclass(frozen=True)
class NeedItem:
    """One thing of a need. ``fix``: for this one alone."""

    name: str
    message: str = ""
    address: str = ""
    fix: Fix | None = None
    is_quarantined: bool = False


@dataclass(frozen=True)
class Need:
    """``kind``: "bad" for what went wrong, "person" for what is to be decided. ``count``: things, of which some
    ``items`` are named; ``is_named``: each could be. ``key`` is its own among all needs. ``list_address``: where the
    things are listed, if not on the page of the need.
    """

    key: str
    title: str
    sentence: str
    count: int
    kind: str = "bad"
    fix: Fix | None = None
    items: Sequence[NeedItem] = field(default_factory=tuple)
    is_named: bool = False
    list_address: str = ""
    skipped: int = 0  # named on earlier pages

    @property
    def address(self) -> str:
        """Where it is looked at."""
        return self.list_address or f"{reverse('needs_you')}?{urlencode({'need': self.key})}"

    @property
    def is_listed(self) -> bool:
        """The address shows as many rows as it counts."""
        return bool(self.list_address or self.items or self.is_named)

    @property
    def more(self) -> int:
        return self.count - self.skipped - len(self.items) if self.items or self.is_named else 0
