"""What setting the studio of scenes and removing it have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import SceneChange, StashClient
from scenes.clients.stash.rows import SceneInStash
from scenes.crash_points import CrashPoint
from scenes.models import Change, Scene
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import ChangeKind, Results

HAS_ANOTHER = _("The scene has got another studio meanwhile, and keeps it.")


class ChangesStudio(ChangeKind):
    """Never takes a studio away that somebody else gave. before and after {"studio_id"}: the same, or null."""

    @abstractmethod
    def wanted(self, change: Change) -> int | None:
        """The id of the studio that the scene is to have."""

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        present = int(state.studio_id) if state.studio_id else None
        if present not in (None, change.value["id"]):
            return WriteDecision(change, WriteAction.LEAVE, reason=HAS_ANOTHER)
        wanted = self.wanted(change)
        return WriteDecision(
            change, WriteAction.write_unless(present == wanted), {"studio_id": present}, {"studio_id": wanted}
        )

    def write(self, stash: StashClient, decisions: Sequence[WriteDecision]) -> Iterator[Results]:
        for part in stash.portions.of(decisions):
            results = stash.set_fields([order(decision) for decision in part])
            crash_point(CrashPoint.STUDIO_SET)
            yield list(zip(part, results, strict=True))

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        by_studio: dict[int | None, list[int]] = {}
        for decision in decisions:
            by_studio.setdefault(decision.after["studio_id"], []).append(decision.change.scene_id)
        for studio_id, scene_ids in by_studio.items():
            Scene.objects.filter(pk__in=scene_ids).update(studio_id=studio_id)


def order(decision: WriteDecision) -> SceneChange:
    """What Stash is asked for."""
    studio_id = decision.after["studio_id"]
    return SceneChange(str(decision.change.scene_id), {"studio_id": None if studio_id is None else str(studio_id)})
