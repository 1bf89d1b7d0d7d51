"""remove_tag {"tag_id", "name"}: the scene has this tag no longer, whatever it is called by now.

before {"present", "tag_id"}: whether it had it · after {"present": false}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.crash_points import crash_point
from scenes.clients.stash.client import ItemResult, StashClient, TagChange
from scenes.clients.stash.rows import SceneInStash, UpdatedAtById
from scenes.crash_points import CrashPoint
from scenes.models import Change
from scenes.models.library import SceneTag
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import Inverse
from scenes.plans.kinds.scene_tags import ChangesTags


class RemoveTag(ChangesTags):
    """Removes a tag by its id, and no other one."""

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        tag_id = str(change.value["tag_id"])
        present = tag_id in state.tag_ids
        before = {"present": present, "tag_id": int(tag_id)}
        return WriteDecision(change, WriteAction.write_unless(not present), before, {"present": False}, tag_id)

    def send(self, stash: StashClient, orders: Sequence[TagChange]) -> list[ItemResult[UpdatedAtById]]:
        results = stash.remove_tags(orders)
        crash_point(CrashPoint.TAGS_REMOVED)
        return results

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        gone: dict[int, list[int]] = {}
        for decision in decisions:
            gone.setdefault(decision.change.value["tag_id"], []).append(decision.change.scene_id)
        for tag_id, scene_ids in gone.items():
            SceneTag.objects.filter(tag=tag_id, scene__in=scene_ids).delete()

    def inverse(self, change: Change) -> Inverse:
        return Inverse(Change.Kind.ADD_TAG, {"name": change.value["name"]}, str(change.value["tag_id"]))
