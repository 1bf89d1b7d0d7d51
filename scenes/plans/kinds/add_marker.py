"""add_marker {"tag", "title", "start", "end"}: the scene has a marker of this tag, title and times.

before {"present"}: whether it had one, so that nothing was written · after {"present": true, "tag_id", "marker_id"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jobs.crash_points import crash_point
from scenes.bulk.columns import Row
from scenes.bulk.upsert import insert
from scenes.clients.stash.client import NewMarker, StashClient
from scenes.clients.stash.rows import SceneInStash
from scenes.crash_points import CrashPoint
from scenes.models import Change, Marker
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import ChangeKind, Inverse, Results
from scenes.plans.markers import is_meant
from scenes.plans.values import Spot, spot_of
from scenes.sync.saving import clips_are_wanted, to_be_generated_again

COLUMNS = ("id", "scene", "title", "seconds", "end_seconds", "primary_tag")
SCENE_OF = COLUMNS.index("scene")


class AddMarker(ChangeKind):
    """Makes a marker; the oldest of those that are equal counts."""

    tag_in = "tag"
    makes_tag = True

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        assert tag_id is not None, "tags are made before"
        same = [int(marker.id) for marker in state.markers if is_meant(marker, change, tag_id)]
        after: dict[str, Any] = {"present": True, "tag_id": int(tag_id)}
        if same:
            after["marker_id"] = min(same)
        return WriteDecision(change, WriteAction.write_unless(bool(same)), {"present": bool(same)}, after, tag_id)

    def write(self, stash: StashClient, decisions: Sequence[WriteDecision]) -> Iterator[Results]:
        """Each decision learns the id of its marker, by which a revert finds it.

        Of several that want the same marker, as of two plans, one makes it: none of them was there at the look.
        """
        wanted: dict[tuple[int, str, Spot], list[WriteDecision]] = {}
        for decision in decisions:
            place = (decision.change.scene_id, decision.tag_id, spot_of(decision.change.value))
            wanted.setdefault(place, []).append(decision)
        for part in stash.portions.of(list(wanted.values())):
            results = stash.create_markers([new_marker(same[0]) for same in part])
            crash_point(CrashPoint.MARKER_CREATED)
            pairs = [(decision, result) for same, result in zip(part, results, strict=True) for decision in same]
            for decision, result in pairs:
                if result.value:
                    decision.after["marker_id"] = int(result.value)
            yield pairs

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        made = {decision.after["marker_id"]: marker_made(decision) for decision in decisions}
        if clips_are_wanted():  # the sync that follows knows these markers, and sees nothing new
            known = set(Marker.objects.filter(pk__in=made).values_list("pk", flat=True))
            to_be_generated_again({row[SCENE_OF] for pk, row in made.items() if pk not in known})
        insert(Marker, COLUMNS, made.values())

    def inverse(self, change: Change) -> Inverse:
        after = change.after or {}
        value = {"marker_id": after["marker_id"], **change.value}
        return Inverse(Change.Kind.REMOVE_MARKER, value, str(after["tag_id"]))


def new_marker(decision: WriteDecision) -> NewMarker:
    """What Stash is asked to make."""
    value = decision.change.value
    return NewMarker(
        scene_id=str(decision.change.scene_id),
        title=value["title"],
        seconds=value["start"],
        end_seconds=value["end"],
        primary_tag_id=decision.tag_id,
    )


def marker_made(decision: WriteDecision) -> Row:
    """The row of the marker that Stash made."""
    change, after, value = decision.change, decision.after, decision.change.value
    return after["marker_id"], change.scene_id, value["title"], value["start"], value["end"], after["tag_id"]
