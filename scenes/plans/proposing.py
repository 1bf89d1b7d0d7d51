"""From what a detector proposes to the row of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from scenes.clients.stash.names import folded
from scenes.models import Change, Plan, Scene
from scenes.models.reviewed import LONGEST_TAG, Via

if TYPE_CHECKING:
    from scenes.analysis.detectors import Proposal

TAG_IN = {
    Change.Kind.ADD_TAG: "name",
    Change.Kind.REMOVE_TAG: "name",
    Change.Kind.ADD_MARKER: "tag",
    Change.Kind.REMOVE_MARKER: "tag",
}  # kind → the entry of its value that names a tag


def tag_of(kind: str, value: dict[str, Any]) -> str:
    """`Change.tag`: the name of the tag that such a change is about, to be compared; "" for none."""
    return tag_key(str(value.get(TAG_IN.get(Change.Kind(kind), ""), "")))


def tag_key(name: str) -> str:
    """A tag's name as it is in `Change.tag`."""
    return folded(name)[:LONGEST_TAG]


def change_for(plan: Plan, scene: Scene, detector: str, proposal: Proposal, *, approved: bool = True) -> Change:
    """Not saved. ``approved``: by itself, without a person's review."""
    change = Change(
        plan=plan,
        scene=scene,
        kind=proposal.kind,
        value=proposal.value,
        key=proposal.key,
        tag=tag_of(proposal.kind, proposal.value),
        detector=detector,
        confidence=proposal.confidence,
        evidence=proposal.evidence.as_json() if proposal.evidence else None,
    )
    if approved:
        change.status, change.decided_at, change.decided_via = Change.Status.APPROVED, timezone.now(), Via.AUTO
    return change
