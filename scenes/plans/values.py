"""What makes two changes, two names or two markers the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Protocol

from scenes.clients.stash.names import folded

MILLISECONDS = 3  # digits of a second in which two times have to agree
_NAMES = ("name", "tag")
_as_text = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode  # dumps() makes one each time

Spot = tuple[str, float, float | None]


class MarkerLike(Protocol):
    """A marker of the library or of Stash. Times are seconds."""

    @property
    def title(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def end_seconds(self) -> float | None: ...


def rounded(seconds: float) -> float:
    """To milliseconds, so that a time that went through another program is still the same."""
    return round(float(seconds), MILLISECONDS)


def spot_of(value: dict[str, Any]) -> Spot:
    """Title and times of a marker in a change's ``value``; with the tag, all that identifies a marker."""
    end = value["end"]
    return value["title"], rounded(value["start"]), None if end is None else rounded(end)


def spot_of_marker(marker: MarkerLike) -> Spot:
    """As ``spot_of``, of a marker that exists."""
    end = marker.end_seconds
    return marker.title, rounded(marker.seconds), None if end is None else rounded(end)


def digest_of(text: str) -> str:
    """By which a long text is known again."""
    return hashlib.sha256(text.encode()).hexdigest()


def change_key(kind: str, value: dict[str, Any]) -> str:
    """The digest of a change, equal for changes that would do the same to a scene.

    What Stash knows by an id may be called otherwise by now.
    """
    value = {"id": value["id"]} if "id" in value else value
    parts = {name: folded(part) if name in _NAMES else part for name, part in value.items()}
    return digest_of(_as_text([str(kind), parts]))
