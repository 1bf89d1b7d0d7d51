"""What every detector is: it takes one scene and proposes changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from scenes import configuration
from scenes.analysis.scene_inputs import SceneInput
from scenes.models import Detection
from scenes.plans.evidence import Evidence
from scenes.plans.values import change_key

VIDEO_TAGS, MEDIA_TAGS = Detection.VIDEO_TAGS, Detection.MEDIA_TAGS
PERFORMERS, STUDIOS, TAGS, DETAILS = "detect_performers", "detect_studios", "detect_tags", "detect_details"
DEFAULTS = {VIDEO_TAGS: True, PERFORMERS: False, STUDIOS: False, TAGS: True, DETAILS: False, MEDIA_TAGS: False}
ENABLED = tuple(name for name, on in DEFAULTS.items() if on)
NAMES_ONLY = "No tagger set: names only"


@dataclass(frozen=True)
class Proposal:
    """A change that a detector proposes; ``value`` by ``kind`` as in `Change`."""

    kind: str
    value: dict[str, Any]
    confidence: float | None = None  # 0…1
    evidence: Evidence | None = field(default=None, compare=False)  # why, for people

    @property
    def key(self) -> str:
        return change_key(self.kind, self.value)


class CannotHandle(Exception):
    """{message}: what is wrong with this one scene; the others are not affected."""


Findings = dict[str, list[Proposal] | CannotHandle]  # detector → what it found, or why it could not


@dataclass(frozen=True, eq=False)
class SceneResult:
    """A scene and what its detectors found."""

    scene_input: SceneInput
    findings: Findings


class Detector(Protocol):
    """Analyses scenes, one after the other."""

    name: str

    def applies(self, scene_input: SceneInput) -> bool:
        """Whether the scene has what it analyses."""

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        """What it proposes. Raises CannotHandle (about the scene) or ServiceError (about its service)."""


def available(wanted: Iterable[str] = ENABLED) -> list[str]:
    """Those of the wanted detectors that can work with the current configuration."""
    has_tagger = bool(configuration.current().tagger_url)
    return [name for name in wanted if name != VIDEO_TAGS or has_tagger]


def note(wanted: Iterable[str] = ENABLED) -> str:
    """What people should know about the wanted detectors; "" when all of them are available."""
    return "" if set(wanted) == set(available(wanted)) else NAMES_ONLY


def why_none(wanted: Iterable[str]) -> str:
    """Why no scene can be due for the wanted detectors; "" when one can be."""
    if available(wanted):
        return ""
    return "No tagger set, and no other detector chosen" if list(wanted) else "No detector chosen"


def switches(chosen: Iterable[str]) -> dict[str, bool]:
    """The parameters of an analysis with just these detectors."""
    return {name: name in chosen for name in DEFAULTS}
