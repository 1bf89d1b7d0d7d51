"""Why a change is proposed: kept with it from then on, so that "why is this tag here?" has an answer years later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_SPANS = 50  # of a proposal, kept: the longest ones
LONGEST_TEXT = 300  # characters

Span = tuple[float, float | None, float | None]  # start and end in seconds (None: one frame), confidence 0…1


@dataclass(frozen=True)
class DetectorModel:
    """The model of a service that saw it, as the service names it; "" for what it does not say."""

    name: str = ""
    identifier: str = ""
    version: str = ""
    category: str = ""

    @lru_cache(maxsize=1000)  # noqa: B019 - there are as many as a tagger has, and each is in all that it saw
    def as_json(self) -> dict[str, str]:
        """Bounded; not to be changed."""
        return {name: str(value)[:LONGEST_TEXT] for name, value in vars(self).items()}


@dataclass(frozen=True)
class Evidence:
    """What a detector knows. ``found``: the words, and in which text; ``rule``: what decided.

    Both are sentences of `scenes.plans.reasons`.
    """

    model: DetectorModel | None = None
    spans: Sequence[Span] = ()
    rule: str = ""
    found: str = ""

    def as_json(self) -> dict[str, Any]:
        """Bounded, without what is empty. ``spans_total``: how many there were, where not all are kept."""
        total, longest = len(self.spans), self.spans
        if total > MAX_SPANS:
            by_length = sorted(self.spans, key=lambda span: 0.0 if span[1] is None else span[1] - span[0], reverse=True)
            longest = by_length[:MAX_SPANS]
        found: dict[str, Any] = {
            "rule": self.rule[:LONGEST_TEXT],
            "found": self.found[:LONGEST_TEXT],
            "model": self.model.as_json() if self.model else {},
            "spans": [list(span) for span in sorted(longest, key=lambda span: span[0])],
            "spans_total": total if total > MAX_SPANS else None,
        }
        return {name: value for name, value in found.items() if value}
