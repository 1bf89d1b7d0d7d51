"""What every detector is: it takes one scene and proposes changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes import configuration
from scenes.analysis.scene_inputs import SceneInput
from scenes.models import Detection
from scenes.plans.evidence import Evidence
from scenes.plans.values import change_key

VIDEO_TAGS, MEDIA_TAGS = Detection.VIDEO_TAGS, Detection.MEDIA_TAGS
PERFORMERS, STUDIOS, TAGS, DETAILS = "detect_performers", "detect_studios", "detect_tags", "detect_details"
NAMES_BY_LLM = "detect_names_by_llm"
DEFAULTS = {
    VIDEO_TAGS: True,
    PERFORMERS: False,
    STUDIOS: False,
    TAGS: True,
    DETAILS: False,
    MEDIA_TAGS: False,
    NAMES_BY_LLM: False,
}
ENABLED = tuple(name for name, on in DEFAULTS.items() if on)
NAMES_ONLY = _("No tagger set: names only")


@dataclass(frozen=True)
class Proposal:
    """A change that a detector proposes; ``value`` by ``kind`` as in `Change`."""

    kind: str
    value: dict[str, Any]
    confidence: float | None = None  # 0…1
    evidence: Evidence | None = field(default=None, compare=False)  # why, for people

    @cached_property
    def key(self) -> str:
        return change_key(self.kind, self.value)


class CannotHandle(Exception):
    """{message}: what is wrong with this one scene; the others are not affected.

    Not ``is_counted``: the scene is not at fault, so it costs it no attempt.
    """

    def __init__(self, message: str, *, is_counted: bool = True):
        super().__init__(message)
        self.is_counted = is_counted


class Postponed(Exception):
    """{message}: what the scene waits for with this detector; nothing is wrong. ``code``: of the row, by which it is
    known when that is over.
    """

    def __init__(self, message: str, code: str):
        super().__init__(message)
        self.code = code


Findings = dict[str, list[Proposal] | CannotHandle | Postponed]  # detector → what it found, or why it did not


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


def unusable(wanted: Iterable[str]) -> dict[str, str]:
    """Those of the wanted detectors that can't work with the current configuration, and why not."""
    found: dict[str, str] = {}
    config = configuration.current()
    if VIDEO_TAGS in wanted and not config.tagger_url:
        found[VIDEO_TAGS] = NAMES_ONLY
    if NAMES_BY_LLM in wanted:
        from scenes.analysis.language_model.budget import why_not  # few use it

        if reason := why_not(config):
            found[NAMES_BY_LLM] = reason
    return found


def available(wanted: Iterable[str] = ENABLED) -> list[str]:
    """Those of the wanted detectors that can work with the current configuration."""
    wanted = list(wanted)
    without = unusable(wanted)
    return [name for name in wanted if name not in without]


def note(wanted: Iterable[str] = ENABLED) -> str:
    """What people should know about the wanted detectors; "" when all of them are available."""
    return joined(". ", unusable(list(wanted)).values())


def why_none(wanted: Iterable[str]) -> str:
    """Why no scene can be due for the wanted detectors; "" when one can be."""
    wanted = list(wanted)
    without = unusable(wanted)
    if len(without) < len(wanted):
        return ""
    reasons = joined(". ", [_("No tagger set") if reason == NAMES_ONLY else reason for reason in without.values()])
    return _("{reasons}, and no other detector chosen", reasons=reasons) if without else _("No detector chosen")


def switches(chosen: Iterable[str]) -> dict[str, bool]:
    """The parameters of an analysis with just these detectors."""
    return {name: name in chosen for name in DEFAULTS}
