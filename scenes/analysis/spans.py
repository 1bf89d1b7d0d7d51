"""The spans of a category, in a few bytes: what the tagger saw is kept, so that changed rules need not ask it again.

Format: a version byte, then zlib over JSON {category: {tag: [starts, lengths, confidences]}}. Times are whole
milliseconds, each start as its distance from the one before; a length is null where the span is a single moment.
Confidences are thousandths, or null.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from pydantic_core import from_json

from scenes.clients.tagger.answers import TagSpan

VERSION = b"\x01"
LEVEL = 9  # of zlib
Column = list[int | None]
Times = tuple[float, float | None, float | None]  # seconds, seconds, confidence


def packed(spans: Iterable[TagSpan]) -> bytes:
    """As it is kept; times to the millisecond, confidence to three digits."""
    by_tag: dict[str, dict[str, list[TagSpan]]] = {}
    for span in sorted(spans, key=lambda span: span.start):
        by_tag.setdefault(span.category, {}).setdefault(span.tag, []).append(span)
    columns = {
        category: {tag: _columns(rows) for tag, rows in sorted(tags.items())}
        for category, tags in sorted(by_tag.items())
    }
    text = json.dumps(columns, separators=(",", ":"), ensure_ascii=False)
    return VERSION + zlib.compress(text.encode(), LEVEL)


def unpacked(kept: bytes | memoryview) -> list[TagSpan]:
    """The spans by category and tag, each in the order of time. Raises ValueError for what `packed` never made."""
    return [TagSpan(category, tag, *span) for category, tag, spans in unpacked_by_tag(kept) for span in spans]


def unpacked_by_tag(kept: bytes | memoryview) -> Iterator[tuple[str, str, list[Times]]]:
    """Likewise: category, tag, and of its spans start, end and confidence. Raises ValueError."""
    kept = bytes(kept)  # PostgreSQL gives a memoryview
    if kept[:1] != VERSION:
        raise ValueError("spans of an unknown form")
    try:
        columns = from_json(zlib.decompress(kept[1:]))  # takes half as long as that of json
    except zlib.error as problem:
        raise ValueError("spans that are damaged") from problem
    for category, tags in columns.items():
        for tag, of_tag in tags.items():
            yield category, tag, _times(*of_tag)


def _columns(spans: Sequence[TagSpan]) -> list[Column]:
    starts = [_thousandths(span.start) for span in spans]
    ends = [None if span.end is None else _thousandths(span.end) for span in spans]
    lengths: Column = [None if end is None else end - start for start, end in zip(starts, ends, strict=True)]
    confidences: Column = [None if span.confidence is None else _thousandths(span.confidence) for span in spans]
    return [[later - earlier for earlier, later in pairwise([0, *starts])], lengths, confidences]


def _times(starts: list[int], lengths: Column, confidences: Column) -> list[Times]:
    begins = list(accumulate(starts))
    ends = [None if length is None else (start + length) / 1000 for start, length in zip(begins, lengths, strict=True)]
    shares = [None if confidence is None else confidence / 1000 for confidence in confidences]
    return list(zip([start / 1000 for start in begins], ends, shares, strict=True))


def _thousandths(number: float) -> int:
    return round(number * 1000)
