"""add_tag {"name"}: the scene has a tag.

before {"present"}: whether it had it, so that nothing was written · after {"present": true, "tag_id"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobs.crash_points import crash_point
from scenes.clients.stash.client import PER_REQUEST, StashClient, TagChange
from scenes.clients.stash.rows import SceneState
from scenes.crash_points import CrashPoint
from scenes.models import Change
from scenes.models.library import SceneTag
from scenes.pieces import pieces
from scenes.plans.decisions import Action, Decision
from scenes.plans.kinds.kind import ChangeKind, Results


class AddTag(ChangeKind):
    """Adds a tag of any name; an alias leads to its tag."""

    tag_in = "name"
    makes_tag = True

    def decide(self, change: Change, state: SceneState, tag_id: str | None) -> Decision:
        assert tag_id is not None, "tags are made before"
        present = tag_id in state.tag_ids
        after = {"present": True, "tag_id": int(tag_id)}
        return Decision(change, Action.write_unless(present), {"present": present}, after, tag_id)

    def write(self, stash: StashClient, decisions: Sequence[Decision]) -> Iterator[Results]:
        """One order a scene, so that a scene that is gone meanwhile takes no other one with it."""
        by_scene: dict[int, list[Decision]] = {}
        for decision in decisions:
            by_scene.setdefault(decision.change.scene_id, []).append(decision)
        for scene_ids in pieces(by_scene, PER_REQUEST):
            # Each tag once: a name and an alias may lead to the same one.
            tag_ids = [tuple(dict.fromkeys(decision.tag_id for decision in by_scene[pk])) for pk in scene_ids]
            orders = [TagChange(str(pk), ids) for pk, ids in zip(scene_ids, tag_ids, strict=True)]
            results = stash.add_tags(orders)
            crash_point(CrashPoint.TAGS_ADDED)
            pairs = zip(scene_ids, results, strict=True)
            yield [(decision, result) for pk, result in pairs for decision in by_scene[pk]]

    def update_library(self, decisions: Iterable[Decision]) -> None:
        wanted = {(d.change.scene_id, int(d.after["tag_id"])) for d in decisions}
        scene_ids = {scene_id for scene_id, _ in wanted}
        there = SceneTag.objects.filter(scene__in=scene_ids).values_list("scene_id", "tag_id")
        missing = sorted(wanted.difference(there))
        SceneTag.objects.bulk_create(SceneTag(scene_id=scene, tag_id=tag) for scene, tag in missing)
