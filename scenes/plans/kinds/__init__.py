"""The kinds of changes, one module for each, in the order in which those of a scene are written."""

from __future__ import annotations

from collections.abc import Mapping

from scenes.models import Change
from scenes.plans.kinds.add_marker import AddMarker
from scenes.plans.kinds.add_performer import AddPerformer
from scenes.plans.kinds.add_tag import AddTag
from scenes.plans.kinds.kind import ChangeKind
from scenes.plans.kinds.remove_marker import RemoveMarker
from scenes.plans.kinds.remove_performer import RemovePerformer
from scenes.plans.kinds.remove_studio import RemoveStudio
from scenes.plans.kinds.remove_tag import RemoveTag
from scenes.plans.kinds.set_details import SetDetails
from scenes.plans.kinds.set_studio import SetStudio

KINDS: Mapping[str, ChangeKind] = {
    Change.Kind.ADD_TAG: AddTag(),
    Change.Kind.REMOVE_TAG: RemoveTag(),
    Change.Kind.ADD_MARKER: AddMarker(),
    Change.Kind.REMOVE_MARKER: RemoveMarker(),
    Change.Kind.ADD_PERFORMER: AddPerformer(),
    Change.Kind.REMOVE_PERFORMER: RemovePerformer(),
    Change.Kind.SET_STUDIO: SetStudio(),
    Change.Kind.REMOVE_STUDIO: RemoveStudio(),
    Change.Kind.SET_DETAILS: SetDetails(),
}

__all__ = ["KINDS", "ChangeKind"]
