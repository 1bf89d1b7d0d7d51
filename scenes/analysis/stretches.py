"""Stretches of a film in which a tag was seen: clipped to the film, each second counted once, joined over gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

LONGEST_BRIDGE = 10.0  # seconds: half of a long stretch bridges no longer gap than this


class Stretch(NamedTuple):
    """In seconds. A moment (one frame) lasts until the next frame. ``confidence``: 0…1, if the tagger says."""

    start: float
    stop: float
    is_moment: bool
    confidence: float | None


def stretches(
    spans: Iterable[tuple[float, float | None, float | None]],
    frame_interval: float,
    duration: float | None,
    min_confidence: float = 0.0,
) -> list[Stretch]:
    """Of spans (start, end, confidence); without those outside of the film or of too little confidence.

    A confidence that is none, such as a sum over frames, hides nothing and says nothing.
    """
    film_end = duration or float("inf")
    found = []
    for start, end, confidence in spans:
        share = confidence if confidence is not None and 0 <= confidence <= 1 else None
        if start >= film_end or (share is not None and share < min_confidence):
            continue
        is_moment = end is None or end <= start
        stop = start + frame_interval if end is None or end <= start else end
        found.append(Stretch(start, min(stop, film_end), is_moment, share))
    return found


def seconds_of(parts: Sequence[Stretch]) -> float:
    """In which of them anything was seen, each second once. ``parts`` by their start."""
    seconds, seen_until = 0.0, float("-inf")
    for part in parts:
        if part.stop > seen_until:
            seconds += part.stop - max(part.start, seen_until)
            seen_until = part.stop
    return seconds


def join(parts: Sequence[Stretch], max_gap: float) -> Iterator[tuple[list[Stretch], float]]:
    """What becomes one marker, with where it stops. ``parts`` by their start.

    Two are joined by a gap of at most ``max_gap``, or of half the longer one up to LONGEST_BRIDGE: that is how the
    tagger's known client does it.
    """
    joined: list[Stretch] = []
    stop = 0.0
    for part in parts:
        if joined and part.start - stop > max(max_gap, _bridge(stop - joined[0].start, part.stop - part.start)):
            yield joined, stop
            joined = []
        stop = max(stop, part.stop) if joined else part.stop
        joined.append(part)
    if joined:
        yield joined, stop


def _bridge(before: float, after: float) -> float:
    """The gap that stretches of these lengths bridge by themselves."""
    return min(max(before, after) / 2, LONGEST_BRIDGE)
