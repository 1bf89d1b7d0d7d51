"""set_details {"details", "made_from"}: the scene has these details instead of those that they were made from.

``made_from`` is the digest of the text that was there (`digest_of`). before {"details"}: what was there, the same as
after where nothing was written · after {"details"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import SceneChange, StashClient
from scenes.clients.stash.rows import SceneInStash
from scenes.crash_points import CrashPoint
from scenes.models import Change, Scene
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds.kind import ChangeKind, Inverse, Results
from scenes.plans.values import digest_of
from scenes.sync.convert import clean_text

REWRITTEN = _("The details have been changed since they were read, so they are left alone.")


class SetDetails(ChangeKind):
    """Replaces the details, unless they are others by now."""

    reads_details = True

    def decide(self, change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
        wanted, present = change.value["details"], clean_text(state.details)
        if present != wanted and digest_of(present) != change.value["made_from"]:
            return WriteDecision(change, WriteAction.LEAVE, reason=REWRITTEN)
        return WriteDecision(
            change, WriteAction.write_unless(present == wanted), {"details": present}, {"details": wanted}
        )

    def write(self, stash: StashClient, decisions: Sequence[WriteDecision]) -> Iterator[Results]:
        """One request each: they may be long."""
        for decision in decisions:
            change = decision.change
            results = stash.set_fields([SceneChange(str(change.scene_id), {"details": change.value["details"]})])
            crash_point(CrashPoint.DETAILS_SET)
            yield [(decision, results[0])]

    def update_library(self, decisions: Iterable[WriteDecision]) -> None:
        for decision in decisions:
            Scene.objects.filter(pk=decision.change.scene_id).update(details=decision.after["details"])

    def inverse(self, change: Change) -> Inverse:
        earlier, made_from = (change.before or {})["details"], digest_of(change.value["details"])
        return Inverse(Change.Kind.SET_DETAILS, {"details": earlier, "made_from": made_from})
