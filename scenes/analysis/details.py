"""detect_details: a scene's details without HTML and superfluous white space."""

from __future__ import annotations

from scenes.analysis.cleaning import cleaned
from scenes.analysis.detectors import DETAILS, Proposal
from scenes.analysis.scene_inputs import SceneInput
from scenes.models import Change
from scenes.plans.values import digest_of


class Details:
    """Proposes clean details where they differ. Nothing is emptied: an address in a tag may be all that there is."""

    name = DETAILS

    def applies(self, scene_input: SceneInput) -> bool:
        return not scene_input.scene.organized

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        present = scene_input.scene.details
        clean = cleaned(present)
        if clean in ("", present):
            return []
        return [Proposal(Change.Kind.SET_DETAILS, {"details": clean, "made_from": digest_of(present)})]
