"""Where on the strip of a film its markers are: places for the attributes of an SVG, since no style is allowed."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 1000.0  # of the strip, in units of its own
LEAST = 3.0  # units: the shortest marker is still seen


@dataclass(frozen=True)
class Mark:
    """``kind``: there, ours, add or remove; ``x`` and ``width`` in units of the strip."""

    kind: str
    title: str
    x: float
    width: float


def mark(kind: str, title: str, start: float, end: float, duration: float) -> Mark | None:
    """Of a span in seconds; None where the length of the film is not known."""
    if duration <= 0:
        return None
    left = min(max(start / duration, 0.0), 1.0) * WIDTH
    right = min(max(end / duration, 0.0), 1.0) * WIDTH
    width = max(right - left, LEAST)
    return Mark(kind, title, round(min(left, WIDTH - width), 1), round(width, 1))
