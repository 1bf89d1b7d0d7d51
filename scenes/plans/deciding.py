"""What a change needs, seeing what its scene is like in Stash right now."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from scenes.clients.stash.client import NewMarker
from scenes.clients.stash.names import folded
from scenes.clients.stash.rows import MarkerState, SceneState
from scenes.models import Change, Tag
from scenes.plans.values import spot_of, spot_of_marker

GONE = "The scene is no longer in Stash."
TOUCHED = "Somebody has changed the marker since StashHog made it, so it is left alone."


class Action(Enum):
    """WRITE: Stash has to be changed. ALREADY_THERE: it is as wanted. LEAVE: not to be touched. FAIL: can't be.

    UNSEEN: Stash's answer lacks what we know to be there; the sync judges whether it was destroyed.
    """

    WRITE = "write"
    ALREADY_THERE = "there"
    LEAVE = "leave"
    FAIL = "fail"
    UNSEEN = "unseen"


@dataclass
class Decision:
    """About one change. ``before`` and ``after`` are what `Change` keeps; a new marker's id is added later.

    add_tag: {"present"} → {"present": true, "tag_id"} · add_marker: {"present"} → {"present": true, "tag_id",
    "marker_id"} · remove_marker: {"present"} → {"present": false}. ``present`` before: nothing was written.
    ``again``: it was intended before, and what came of that is not known.
    """

    change: Change
    action: Action
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    tag_id: str = ""
    reason: str = ""
    again: bool = False

    def new_marker(self) -> NewMarker:
        """What Stash is asked to make, of add_marker."""
        value = self.change.value
        return NewMarker(
            scene_id=str(self.change.scene_id),
            title=value["title"],
            seconds=value["start"],
            end_seconds=value["end"],
            primary_tag_id=self.tag_id,
        )


def decide(change: Change, state: SceneState | None, tag_id: str | None) -> Decision:
    """``tag_id``: Stash's id of the tag that the change names, if there is such a tag.

    A change that was begun before (``intended_at``) and is there now was written by us: what was noted
    before that first attempt stays.
    """
    if state is None:
        # One odd, short answer is no proof: others lost thousands of scenes by it.
        return Decision(change, Action.FAIL if change.scene.deleted_at else Action.UNSEEN, reason=GONE)
    decision = _DECIDE[Change.Kind(change.kind)](change, state, tag_id)
    if change.intended_at is not None and change.before is not None:
        decision.before, decision.again = change.before, True
    return decision


def decide_add_tag(change: Change, state: SceneState, tag_id: str | None) -> Decision:
    """The scene is to have the tag, which is there by now."""
    assert tag_id is not None, "tags are made before"
    present = tag_id in state.tag_ids
    after = {"present": True, "tag_id": int(tag_id)}
    return Decision(change, _write_unless(present), {"present": present}, after, tag_id)


def decide_add_marker(change: Change, state: SceneState, tag_id: str | None) -> Decision:
    """The scene is to have a marker of this tag, title and times; the oldest of those that are equal counts."""
    assert tag_id is not None, "tags are made before"
    same = [int(marker.id) for marker in state.markers if is_meant(marker, change, tag_id)]
    after: dict[str, Any] = {"present": True, "tag_id": int(tag_id)}
    if same:
        after["marker_id"] = min(same)
    return Decision(change, _write_unless(bool(same)), {"present": bool(same)}, after, tag_id)


def decide_remove_marker(change: Change, state: SceneState, tag_id: str | None) -> Decision:
    """The marker is to go, unless somebody has changed it."""
    marker = next((marker for marker in state.markers if marker.id == str(change.value["marker_id"])), None)
    if marker is None:
        return Decision(change, Action.ALREADY_THERE, {"present": False}, {"present": False})
    if tag_id is None and has_tag_of(marker, change):
        return Decision(change, Action.UNSEEN)
    if tag_id is None or not is_meant(marker, change, tag_id):
        return Decision(change, Action.LEAVE, reason=TOUCHED)
    return Decision(change, Action.WRITE, {"present": True, "tag_id": int(tag_id)}, {"present": False}, tag_id)


_DECIDE = {
    Change.Kind.ADD_TAG: decide_add_tag,
    Change.Kind.ADD_MARKER: decide_add_marker,
    Change.Kind.REMOVE_MARKER: decide_remove_marker,
}


def _write_unless(present: bool) -> Action:
    return Action.ALREADY_THERE if present else Action.WRITE


def is_meant(marker: MarkerState, change: Change, tag_id: str) -> bool:
    """Whether this is the marker that the change is about: its tag, title and times."""
    return marker.primary_tag_id == tag_id and spot_of_marker(marker) == spot_of(change.value)


def has_tag_of(marker: MarkerState, change: Change) -> bool:
    """Whether the marker has the tag that the change means, as far as we know: Stash's list of tags lacks its name."""
    name = Tag.objects.filter(pk=marker.primary_tag_id).values_list("name", flat=True).first()
    return name is not None and folded(name) == folded(change.value["tag"])
