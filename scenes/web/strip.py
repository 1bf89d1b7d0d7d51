"""A film as a strip of small pictures, cut from the sprite that Stash made of it: one picture that we serve.

The sprite lies in the strip itself, so the browser asks Stash for nothing, and has no key of it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from scenes.web import pictures

FRAMES = 24  # shown, at most
MOST_FRAMES, LARGEST = 2000, 30_000  # of a sprite; pixels
WIDTH, HEIGHT = 16, 9  # of a frame in the strip
PLACE = re.compile(r"#xywh=(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})\s*$", re.MULTILINE)
HASH = re.compile(r"[0-9a-f]{1,32}")


@dataclass(frozen=True)
class Frame:
    """A part of the sprite, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def is_valid(self) -> bool:
        return 0 < self.width <= LARGEST and 0 < self.height <= LARGEST and max(self.left, self.top) <= LARGEST


def fetch(oshash: str) -> str | None:
    """The strip of a film as SVG, by the fingerprint of its file; None where Stash has no sprite of it."""
    if not HASH.fullmatch(oshash):
        return None
    frames = frames_of(pictures.text(f"/scene/{oshash}_thumbs.vtt"))
    sprite = pictures.fetch(f"/scene/{oshash}_sprite.jpg") if frames else None
    return drawn(frames, sprite) if sprite else None


def frames_of(vtt: str) -> list[Frame]:
    """All that are listed; none when the list is not what Stash writes."""
    found = [Frame(*map(int, place)) for place in PLACE.findall(vtt)]
    is_valid = len(found) <= MOST_FRAMES and all(frame.is_valid() for frame in found)
    return found if is_valid else []


def some_of(frames: list[Frame]) -> list[Frame]:
    """At most FRAMES, evenly."""
    count = min(FRAMES, len(frames))
    return [frames[(2 * number + 1) * len(frames) // (2 * count)] for number in range(count)]


def drawn(frames: list[Frame], sprite: pictures.Picture) -> str:
    """Made of numbers and of base64 alone, so there is nothing in it that a browser could run."""
    wide, high = max(f.left + f.width for f in frames), max(f.top + f.height for f in frames)
    shown = some_of(frames)
    sheet = f"data:{sprite.kind};base64,{base64.b64encode(sprite.content).decode('ascii')}"
    parts = [
        f'<svg x="{number * WIDTH}" width="{WIDTH}" height="{HEIGHT}" preserveAspectRatio="xMidYMid slice" '
        f'viewBox="{f.left} {f.top} {f.width} {f.height}"><use href="#s"/></svg>'
        for number, f in enumerate(shown)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(shown) * WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none"><defs><image id="s" width="{wide}" height="{high}" '
        f'preserveAspectRatio="none" href="{sheet}"/></defs>{"".join(parts)}</svg>'
    )
