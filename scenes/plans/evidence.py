"""Why a change is proposed: kept with it from then on, so that "why is this tag here?" has an answer years later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_SPANS = 50  # of a proposal, kept: the longest ones
LONGEST_TEXT = 300  # characters

Span = tuple[float, float | None, float | None]  # start and end in seconds (None: one frame), confidence 0…1


@dataclass(frozen=True)
class Model:
    """The model of a service that saw it, as the service names it; "" for what it does not say."""

    name: str = ""
    identifier: str = ""
    version: str = ""
    category: str = ""


@dataclass(frozen=True)
class Evidence:
    """What a detector knows. ``found``: the words, and in which text; ``rule``: what decided, both for people."""

    model: Model | None = None
    spans: Sequence[Span] = ()
    rule: str = ""
    found: str = ""

    def as_json(self) -> dict[str, Any]:
        """Bounded, without what is empty. ``spans_total``: how many there were, where not all are kept."""
        longest = sorted(self.spans, key=lambda span: 0.0 if span[1] is None else span[1] - span[0], reverse=True)
        kept = sorted(longest[:MAX_SPANS], key=lambda span: span[0])
        texts = {"rule": self.rule[:LONGEST_TEXT], "found": self.found[:LONGEST_TEXT]}
        model = {name: str(value)[:LONGEST_TEXT] for name, value in vars(self.model).items()} if self.model else {}
        total = len(self.spans) if len(self.spans) > MAX_SPANS else None
        found: dict[str, Any] = {**texts, "model": model, "spans": [list(span) for span in kept], "spans_total": total}
        return {name: value for name, value in found.items() if value}
