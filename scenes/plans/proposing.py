"""From what a detector proposes to the row of a change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

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


class NewChange(NamedTuple):
    """The columns of a change that is proposed: a plain row, since there are many, and nobody needs their instances."""

    plan: int
    scene: int
    kind: str
    value: dict[str, Any]
    key: str
    tag: str
    detector: str
    confidence: float | None
    evidence: dict[str, Any] | None
    status: str
    decided_at: datetime | None
    decided_via: str


def change_for(plan: Plan, scene: Scene, detector: str, proposal: Proposal, approved_at: datetime | None) -> NewChange:
    """Not saved. ``approved_at``: by itself; None: a person is to review it."""
    return NewChange(
        plan=plan.pk,
        scene=scene.pk,
        kind=str(proposal.kind),
        value=proposal.value,
        key=proposal.key,
        tag=tag_of(proposal.kind, proposal.value),
        detector=str(detector),
        confidence=proposal.confidence,
        evidence=proposal.evidence.as_json() if proposal.evidence else None,
        status=str(Change.Status.APPROVED if approved_at else Change.Status.PROPOSED),
        decided_at=approved_at,
        decided_via=str(Via.AUTO) if approved_at else "",
    )
