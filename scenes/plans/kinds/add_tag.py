"""add_tag {"name"}: the scene has a tag.

before {"present"}: whether it had it, so that nothing was written · after {"present": true, "tag_id"}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.crash_points import crash_point
from scenes.bulk.upsert import insert
from scenes.clients.stash.client import ItemResult, StashClient, TagChange
from scenes.clients.stash.rows import SceneInStash, UpdatedAtById
from scenes.crash_points import CrashPoint
from scenes.models import Change
from scenes.models.library import SceneTag
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import Inverse
from scenes.plans.kinds.scene_tags import ChangesTags


class AddTag(ChangesTags):
    """Adds a tag of any name; an alias leads to its tag."""

    makes_tag = True

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        assert tag_id is not None, "tags are made before"
        present = tag_id in state.tag_ids
        after = {"present": True, "tag_id": int(tag_id)}
        return WriteDecision(change, WriteAction.write_unless(present), {"present": present}, after, tag_id)

    def send(self, stash: StashClient, orders: Sequence[TagChange]) -> list[ItemResult[UpdatedAtById]]:
        results = stash.add_tags(orders)
        crash_point(CrashPoint.TAGS_ADDED)
        return results

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        pairs = {(decision.change.scene_id, int(decision.after["tag_id"])) for decision in decisions}
        insert(SceneTag, ("scene", "tag"), sorted(pairs), key=("scene", "tag"))

    def inverse(self, change: Change) -> Inverse:
        tag_id = (change.after or {})["tag_id"]
        return Inverse(Change.Kind.REMOVE_TAG, {"tag_id": tag_id, "name": change.value["name"]}, str(tag_id))
