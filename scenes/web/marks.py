"""Where on the strip of a film its markers are: places for the attributes of an SVG, since no style is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

WIDTH = 1000.0  # of the strip, in units of its own
LEAST = 3.0  # units: the shortest marker is still seen
BETWEEN = 2.0  # units between two of a lane, by which they are told apart
LANE, BAR = 8, 6  # heights of a lane and of a mark in it, in pixels
MOST_LANES = 8  # for what is there, and as many for what is proposed
THERE = ("there", "ours")


@dataclass(frozen=True)
class Mark:
    """``kind``: there, ours, add or remove; ``x``, ``width``: units of the strip; ``y``: of its lane, in pixels."""

    kind: str
    title: str
    x: float
    width: float
    y: int = 0

    height = BAR


@dataclass(frozen=True)
class Marks:
    """As they are drawn, ``height`` pixels high in all."""

    placed: list[Mark]
    height: int

    @classmethod
    def of(cls, marks: Iterable[Mark | None]) -> Marks:
        """In lanes, so that none covers another one: what is proposed above what is there."""
        known = sorted((bar for bar in marks if bar), key=lambda bar: (bar.x, bar.width))
        proposed, above = in_lanes([bar for bar in known if bar.kind not in THERE], 0)
        there, below = in_lanes([bar for bar in known if bar.kind in THERE], above)
        return cls([*there, *proposed], (above + below) * LANE)


def in_lanes(marks: list[Mark], first: int) -> tuple[list[Mark], int]:
    """Each in the first lane that is free where it begins, from the lane ``first`` on; and how many lanes there are.

    With more than MOST_LANES at once the last one has the others.
    """
    ends: list[float] = []
    placed = []
    for bar in marks:
        free = next((lane for lane, end in enumerate(ends) if end + BETWEEN <= bar.x), len(ends))
        lane = min(free, MOST_LANES - 1)
        ends[lane:] = [bar.x + bar.width, *ends[lane + 1 :]]
        placed.append(replace(bar, y=(first + lane) * LANE + (LANE - BAR) // 2))
    return placed, len(ends)


def mark(kind: str, title: str, start: float, end: float, duration: float) -> Mark | None:
    """Of a span in seconds; None where the length of the film is not known."""
    if duration <= 0:
        return None
    left = min(max(start / duration, 0.0), 1.0) * WIDTH
    right = min(max(end / duration, 0.0), 1.0) * WIDTH
    width = max(right - left, LEAST)
    return Mark(kind, title, round(min(left, WIDTH - width), 1), round(width, 1))
