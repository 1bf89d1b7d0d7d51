"""Stretches of a film in which a tag was seen: clipped to the film, each second counted once, joined over gaps.

Films have hundreds of spans, and ten thousand films are judged at once, so these are plain tuples and single passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LONGEST_BRIDGE = 10.0  # seconds: half of a long stretch bridges no longer gap than this

Stretch = tuple[float, float, bool, float | None]  # start and stop in seconds, is it one frame, confidence 0…1


# Stretches with small gaps between them: start, stop, is it one frame, confidence, and in how many seconds it was seen.
Joined = tuple[float, float, bool, float | None, float]


def stretches(
    spans: Iterable[tuple[float, float | None, float | None]],
    frame_interval: float,
    duration: float | None,
    min_confidence: float = 0.0,
) -> list[Stretch]:
    """Of spans (start, end, confidence); without those outside of the film or of too little confidence.

    A single frame lasts until the next one. A confidence that is none, such as a sum over frames, hides nothing.
    """
    film_end = duration or float("inf")
    found = []
    for start, end, confidence in spans:
        share = confidence if confidence is not None and 0 <= confidence <= 1 else None
        if start >= film_end or (share is not None and share < min_confidence):
            continue
        is_moment = end is None or end <= start
        stop = end if end is not None and end > start else start + frame_interval
        found.append((start, stop if stop < film_end else film_end, is_moment, share))
    return found


def join(parts: Iterable[Stretch], max_gap: float) -> Iterator[Joined]:
    """What becomes one marker. ``parts`` by their start.

    Two are joined by a gap of at most ``max_gap``, or of half the longer one up to LONGEST_BRIDGE: that is how the
    tagger's known client does it.
    """
    first = stop = seconds = 0.0
    best: float | None = None
    is_moment, count = False, 0
    for start, until, moment, confidence in parts:
        gap = start - stop
        if count and (gap <= max_gap or (gap <= LONGEST_BRIDGE and gap <= max(stop - first, until - start) / 2)):
            if until > stop:
                seconds += until - (start if gap > 0 else stop)
                stop = until
            if confidence is not None and (best is None or confidence > best):
                best = confidence
            count += 1
            continue
        if count:
            yield first, stop, is_moment and count == 1, best, seconds
        first, stop, seconds, best, is_moment, count = start, until, until - start, confidence, moment, 1
    if count:
        yield first, stop, is_moment and count == 1, best, seconds
