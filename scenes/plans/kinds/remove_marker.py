"""remove_marker {"marker_id", "tag", "title", "start", "end"}: the scene has this marker no longer.

before {"present", "tag_id" where it was there} · after {"present": false}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import ItemResult, ServiceError, StashClient
from scenes.clients.stash.rows import SceneInStash
from scenes.crash_points import CrashPoint
from scenes.models import Change, Marker
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import ChangeKind, Inverse, Results
from scenes.plans.markers import has_tag_of, is_meant

TOUCHED = _("Somebody has changed the marker since StashHog made it, so it is left alone.")


class RemoveMarker(ChangeKind):
    """Removes a marker, unless somebody has changed it."""

    tag_in = "tag"

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        marker = next((marker for marker in state.markers if marker.id == str(change.value["marker_id"])), None)
        if marker is None:
            return WriteDecision(change, WriteAction.ALREADY_THERE, {"present": False}, {"present": False})
        if tag_id is None and has_tag_of(marker, change):
            return WriteDecision(change, WriteAction.UNSEEN)
        if tag_id is None or not is_meant(marker, change, tag_id) or marker.tag_ids:
            return WriteDecision(change, WriteAction.LEAVE, reason=TOUCHED)
        return WriteDecision(
            change, WriteAction.WRITE, {"present": True, "tag_id": int(tag_id)}, {"present": False}, tag_id
        )

    def write(self, stash: StashClient, decisions: Sequence[WriteDecision]) -> Iterator[Results]:
        """Together, which is all of them or none: then each that is still there by itself, which says why not."""
        for part in stash.portions.of(decisions):
            if destroyed_together(stash, [decision.change.value["marker_id"] for decision in part]):
                yield [(decision, ItemResult(True)) for decision in part]
                continue
            left = still_there(stash, part)
            yield [(decision, ItemResult(True)) for decision in part if decision not in left]
            for decision in left:
                results = stash.destroy_markers([str(decision.change.value["marker_id"])])
                crash_point(CrashPoint.MARKER_REMOVED)
                yield [(decision, results[0])]

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        Marker.objects.filter(pk__in=[decision.change.value["marker_id"] for decision in decisions]).delete()

    def inverse(self, change: Change) -> Inverse:
        value = {name: part for name, part in change.value.items() if name != "marker_id"}
        return Inverse(Change.Kind.ADD_MARKER, value, str((change.before or {})["tag_id"]))


def destroyed_together(stash: StashClient, marker_ids: Sequence[int]) -> bool:
    """Whether Stash destroyed them; it may refuse all for one. Raises ServiceError for any other trouble."""
    try:
        stash.destroy_markers_together([str(marker_id) for marker_id in marker_ids])
    except ServiceError as error:
        if error.code != "rejected":
            raise
        return False
    crash_point(CrashPoint.MARKER_REMOVED)
    return True


def still_there(stash: StashClient, decisions: Sequence[WriteDecision]) -> list[WriteDecision]:
    """Those that Stash has, or of whose scene it says nothing."""
    states = stash.scene_states({str(decision.change.scene_id) for decision in decisions})
    ids = {pk: {int(marker.id) for marker in state.markers} for pk, state in states.items()}
    return [
        d
        for d in decisions
        if d.change.value["marker_id"] in ids.get(str(d.change.scene_id), {d.change.value["marker_id"]})
    ]
