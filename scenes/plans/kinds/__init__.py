"""The kinds of changes, one module for each, in the order in which those of a scene are written."""

from __future__ import annotations

from collections.abc import Mapping

from scenes.models import Change
from scenes.plans.kinds.add_marker import AddMarker
from scenes.plans.kinds.add_tag import AddTag
from scenes.plans.kinds.kind import ChangeKind
from scenes.plans.kinds.remove_marker import RemoveMarker
from scenes.plans.kinds.remove_tag import RemoveTag

KINDS: Mapping[str, ChangeKind] = {
    Change.Kind.ADD_TAG: AddTag(),
    Change.Kind.REMOVE_TAG: RemoveTag(),
    Change.Kind.ADD_MARKER: AddMarker(),
    Change.Kind.REMOVE_MARKER: RemoveMarker(),
}

__all__ = ["KINDS", "ChangeKind"]
