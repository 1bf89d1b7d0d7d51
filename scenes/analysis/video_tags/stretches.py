"""Stretches of a film in which a tag was seen: clipped to the film, each second counted once, joined over gaps.

Films have hundreds of spans, and ten thousand films are evaluated at once, so these are columns of whole numbers, and
few passes over them. Times are milliseconds, confidences thousandths.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain
from operator import add
from typing import NamedTuple, cast

from scenes.analysis.spans import Times

LONGEST_BRIDGE = 10_000  # milliseconds: half of a long stretch bridges no longer gap than this
SURE = 1000  # the most that a confidence can be


class Stretches(NamedTuple):
    """By their starts. ``lengths``: of the spans, where not None or 0, which is one frame."""

    starts: Sequence[int]
    stops: Sequence[int]
    lengths: Sequence[int | None]
    confidences: Sequence[int | None]


# Stretches with small gaps between them: start, stop, the first and the end of their indexes, and for how long seen.
Joined = tuple[int, int, int, int, int]


def stretches(times: Times, frame_interval: int, film_end: int | None, min_confidence: int = 0) -> Stretches:
    """Without those outside of the film or of too little confidence.

    A single frame lasts until the next one. A confidence that is none, such as a sum over frames, hides nothing.
    """
    starts, lengths, confidences = credible(times, min_confidence)
    if any(lengths):
        lasting = [length if length and length > 0 else frame_interval for length in lengths]
        stops = list(map(add, starts, lasting))
    else:
        stops = [start + frame_interval for start in starts]
    if film_end is not None and stops and max(stops) > film_end:
        inside = bisect_left(starts, film_end)
        starts, lengths, confidences = starts[:inside], lengths[:inside], confidences[:inside]
        stops = [min(stop, film_end) for stop in stops[:inside]]
    return Stretches(starts, stops, lengths, confidences)


def credible(times: Times, min_confidence: int) -> Times:
    """Those of enough confidence; one that is no share becomes None."""
    known = known_of(times.confidences)
    if not known or (max(0, min_confidence) <= min(known) and max(known) <= SURE):
        return times
    shares = [
        None if confidence is None or not 0 <= confidence <= SURE else confidence for confidence in times.confidences
    ]
    rows = zip(times.starts, times.lengths, shares, strict=True)
    kept = [row for row in rows if row[2] is None or row[2] >= min_confidence]
    return Times([row[0] for row in kept], [row[1] for row in kept], [row[2] for row in kept])


def together(several: Sequence[Stretches]) -> Stretches:
    """All of them, by their starts."""
    if len(several) == 1:
        return several[0]
    rows = sorted(chain.from_iterable(zip(*columns, strict=True) for columns in several), key=lambda row: row[0])
    return Stretches(*zip(*rows, strict=True)) if rows else Stretches((), (), (), ())


def join(found: Stretches, max_gap: int, shortest: int = 0) -> tuple[int, list[Joined]]:
    """For how long it was seen in all; and what becomes one marker, if that is no shorter than ``shortest``.

    Two are joined by a gap of at most ``max_gap``, or of half the longer one up to LONGEST_BRIDGE: that is how the
    tagger's known client does it.
    """
    joined: list[Joined] = []
    first = total = seconds = 0
    begin = stop = found.starts[0] if found.starts else 0
    for index, (start, until) in enumerate(zip(found.starts, found.stops, strict=True)):
        gap = start - stop
        if gap > max_gap and (gap > LONGEST_BRIDGE or 2 * gap > max(stop - begin, until - start)):
            if stop - begin >= shortest:
                joined.append((begin, stop, first, index, seconds))
            total += seconds
            first, begin, stop, seconds = index, start, until, until - start
        elif until > stop:
            seconds += until - (start if gap > 0 else stop)
            stop = until
    if found.starts and stop - begin >= shortest:
        joined.append((begin, stop, first, len(found.starts), seconds))
    return total + seconds, joined


def is_moment(found: Stretches, joined: Joined) -> bool:
    """Whether it was seen in a single frame."""
    length = found.lengths[joined[2]]
    return joined[3] - joined[2] == 1 and (length is None or length <= 0)


def best(confidences: Sequence[int | None]) -> float | None:
    """Of these, as a share."""
    known = known_of(confidences)
    return max(known) / SURE if known else None


def known_of(confidences: Sequence[int | None]) -> Sequence[int]:
    if None in confidences:
        return [confidence for confidence in confidences if confidence is not None]
    return cast("Sequence[int]", confidences)
