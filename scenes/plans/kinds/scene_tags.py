"""What adding tags to scenes and removing them have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from scenes.clients.stash.client import PER_REQUEST, ItemResult, StashClient, TagChange
from scenes.pieces import pieces
from scenes.plans.decisions import Decision
from scenes.plans.kinds.kind import ChangeKind, Results


class ChangesTags(ChangeKind):
    tag_in = "name"

    @abstractmethod
    def send(self, stash: StashClient, orders: Sequence[TagChange]) -> list[ItemResult[str]]:
        """Ask Stash for it, at most PER_REQUEST scenes."""

    def write(self, stash: StashClient, decisions: Sequence[Decision]) -> Iterator[Results]:
        """One order a scene, so that a scene that is gone meanwhile takes no other one with it."""
        by_scene: dict[int, list[Decision]] = {}
        for decision in decisions:
            by_scene.setdefault(decision.change.scene_id, []).append(decision)
        for scene_ids in pieces(by_scene, PER_REQUEST):
            # Each tag once: a name and an alias may lead to the same one.
            tag_ids = [tuple(dict.fromkeys(decision.tag_id for decision in by_scene[pk])) for pk in scene_ids]
            results = self.send(stash, [TagChange(str(pk), ids) for pk, ids in zip(scene_ids, tag_ids, strict=True)])
            pairs = zip(scene_ids, results, strict=True)
            yield [(decision, result) for pk, result in pairs for decision in by_scene[pk]]
