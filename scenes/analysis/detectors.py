"""What every detector is: it looks at one scene and proposes changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from scenes import configuration
from scenes.analysis.subjects import Subject
from scenes.plans.values import change_key

VIDEO_TAGS = "detect_video_tags"
TAGS = "detect_tags"
DEFAULTS = {
    VIDEO_TAGS: True,
    "detect_performers": False,
    "detect_studios": False,
    TAGS: True,
    "detect_details": False,
}
ENABLED = tuple(name for name, on in DEFAULTS.items() if on)
NAMES_ONLY = "No tagger set: names only"


@dataclass(frozen=True)
class Proposal:
    """A change that a detector proposes; ``value`` by ``kind`` as in `Change`."""

    kind: str
    value: dict[str, Any]
    confidence: float | None = None  # 0…1

    @property
    def key(self) -> str:
        return change_key(self.kind, self.value)


class CannotHandle(Exception):
    """{message}: what is wrong with this one scene; the others are not concerned."""


Findings = dict[str, list[Proposal] | CannotHandle]  # detector → what it found, or why it could not


class Detector(Protocol):
    """Looks at scenes, one after the other."""

    name: str

    def applies(self, subject: Subject) -> bool:
        """Whether there is anything to look at."""

    def look(self, subject: Subject) -> list[Proposal]:
        """What it proposes. Raises CannotHandle (about the scene) or ServiceError (about its service)."""


def available(wanted: Iterable[str] = ENABLED) -> list[str]:
    """Those of the wanted detectors that can work with the present configuration."""
    has_tagger = bool(configuration.current().tagger_url)
    return [name for name in wanted if name != VIDEO_TAGS or has_tagger]


def note() -> str:
    """What a step of analysis has to say about its detectors; "" when all of them are there."""
    return "" if configuration.current().tagger_url else NAMES_ONLY
