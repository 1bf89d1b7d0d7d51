"""remove_performer {"id", "name"}: the performer is in the scene no longer.

before {"present"}: whether it was there · after {"present": false}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.crash_points import crash_point
from scenes.clients.stash.client import ItemResult, PerformerChange, StashClient
from scenes.clients.stash.rows import SceneInStash, UpdatedAtById
from scenes.crash_points import CrashPoint
from scenes.models import Change
from scenes.models.library import ScenePerformer
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import Inverse
from scenes.plans.kinds.scene_performers import ChangesPerformers


class RemovePerformer(ChangesPerformers):
    """Removes a performer, and no other one."""

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        present = str(change.value["id"]) in state.performer_ids
        return WriteDecision(change, WriteAction.write_unless(not present), {"present": present}, {"present": False})

    def send(self, stash: StashClient, orders: Sequence[PerformerChange]) -> list[ItemResult[UpdatedAtById]]:
        results = stash.remove_performers(orders)
        crash_point(CrashPoint.PERFORMERS_REMOVED)
        return results

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        gone: dict[int, list[int]] = {}
        for decision in decisions:
            gone.setdefault(decision.change.value["id"], []).append(decision.change.scene_id)
        for performer_id, scene_ids in gone.items():
            ScenePerformer.objects.filter(performer=performer_id, scene__in=scene_ids).delete()

    def inverse(self, change: Change) -> Inverse:
        return Inverse(Change.Kind.ADD_PERFORMER, change.value)
