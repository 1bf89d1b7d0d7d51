"""add_performer {"id", "name"}: the performer is in the scene.

before {"present"}: whether it was there, so that nothing was written · after {"present": true}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.crash_points import crash_point
from scenes.bulk.upsert import insert
from scenes.clients.stash.client import ItemResult, PerformerChange, StashClient
from scenes.clients.stash.rows import SceneInStash, UpdatedAtById
from scenes.crash_points import CrashPoint
from scenes.models import Change
from scenes.models.library import ScenePerformer
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import Inverse
from scenes.plans.kinds.scene_performers import ChangesPerformers


class AddPerformer(ChangesPerformers):
    """Adds a performer."""

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        present = str(change.value["id"]) in state.performer_ids
        return WriteDecision(change, WriteAction.write_unless(present), {"present": present}, {"present": True})

    def send(self, stash: StashClient, orders: Sequence[PerformerChange]) -> list[ItemResult[UpdatedAtById]]:
        results = stash.add_performers(orders)
        crash_point(CrashPoint.PERFORMERS_ADDED)
        return results

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        pairs = {(decision.change.scene_id, decision.change.value["id"]) for decision in decisions}
        insert(ScenePerformer, ("scene", "performer"), sorted(pairs), key=("scene", "performer"))

    def inverse(self, change: Change) -> Inverse:
        return Inverse(Change.Kind.REMOVE_PERFORMER, change.value)
