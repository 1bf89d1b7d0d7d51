"""The spans of a category, in a few bytes: what the tagger saw is kept, so that changed rules need not ask it again.

Format: a version byte, then zlib over JSON {category: {tag: [starts, lengths, confidences]}}. Times are whole
milliseconds, each start as its distance from the one before; a length is null where the span is a single moment.
Confidences are thousandths, or null.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

from pydantic_core import from_json

from scenes.clients.tagger.answers import TagSpan

VERSION = b"\x01"
LEVEL = 9  # of zlib
Column = list[int | None]


class Times(NamedTuple):
    """Of the spans of a tag, in their order: starts and lengths in milliseconds, confidences in thousandths.

    A length is None where the span is a single moment. Whole numbers are compared and added exactly, and fast.
    """

    starts: list[int]
    lengths: Column
    confidences: Column

    @classmethod
    def of(cls, spans: Iterable[tuple[float, float | None, float | None]]) -> Times:
        """``spans``: start, end and confidence, in seconds and 0…1."""
        rows = sorted(spans, key=lambda span: span[0])
        starts = [thousandths(start) for start, _, _ in rows]
        ends = [None if end is None else thousandths(end) for _, end, _ in rows]
        lengths = [None if end is None else end - start for start, end in zip(starts, ends, strict=True)]
        return cls(
            starts, lengths, [None if confidence is None else thousandths(confidence) for _, _, confidence in rows]
        )

    def columns(self) -> list[Column]:
        """As they are kept: each start as its distance from the one before."""
        return [[later - earlier for earlier, later in pairwise([0, *self.starts])], self.lengths, self.confidences]

    def spans(self) -> list[tuple[float, float | None, float | None]]:
        """Start, end and confidence, in seconds and 0…1."""
        ends = [None if n is None else (start + n) / 1000 for start, n in zip(self.starts, self.lengths, strict=True)]
        shares = [None if confidence is None else confidence / 1000 for confidence in self.confidences]
        return list(zip([start / 1000 for start in self.starts], ends, shares, strict=True))


def packed(spans: Iterable[TagSpan]) -> bytes:
    """As it is kept; times to the millisecond, confidence to three digits."""
    by_tag: dict[str, dict[str, list[TagSpan]]] = {}
    for span in sorted(spans, key=lambda span: span.start):
        by_tag.setdefault(span.category, {}).setdefault(span.tag, []).append(span)
    columns = {
        category: {
            tag: Times.of((span.start, span.end, span.confidence) for span in rows).columns()
            for tag, rows in sorted(tags.items())
        }
        for category, tags in sorted(by_tag.items())
    }
    text = json.dumps(columns, separators=(",", ":"), ensure_ascii=False)
    return VERSION + zlib.compress(text.encode(), LEVEL)


def unpacked(kept: bytes | memoryview) -> list[TagSpan]:
    """The spans by category and tag, each in the order of time. Raises ValueError for what `packed` never made."""
    return [TagSpan(category, tag, *span) for category, tag, times in unpacked_by_tag(kept) for span in times.spans()]


def unpacked_by_tag(kept: bytes | memoryview) -> Iterator[tuple[str, str, Times]]:
    """Likewise: category, tag, and the times of its spans. Raises ValueError."""
    kept = bytes(kept)  # PostgreSQL gives a memoryview
    if kept[:1] != VERSION:
        raise ValueError("spans of an unknown form")
    try:
        columns = from_json(zlib.decompress(kept[1:]))  # takes half as long as that of json
    except zlib.error as problem:
        raise ValueError("spans that are damaged") from problem
    for category, tags in columns.items():
        for tag, (starts, lengths, confidences) in tags.items():
            yield category, tag, Times(list(accumulate(starts)), lengths, confidences)


def thousandths(number: float) -> int:
    """Of a second, or of 1."""
    return round(number * 1000)
