"""What takes a change back, seeing what its scene is like in Stash right now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.rows import SceneInStash
from scenes.models import Change
from scenes.plans.deciding import GONE
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds import KINDS
from scenes.plans.review.history import wrote_nothing

WAS_SO = _("It was so before StashHog looked, so it is left as it is.")
CHANGED_SINCE = _("Somebody has changed it in Stash since, so it is left as it is.")
NOT_THERE = _("It was not in Stash any more: somebody had removed or changed it.")
TAG_GONE = _("Its tag is no longer in Stash: somebody has destroyed or merged it.")
NO_WAY_BACK = _("StashHog has no way to take back a change of this kind.")


@dataclass
class Undo:
    """A change, and the decision about what takes it back: a change of the opposite kind, which is never saved."""

    change: Change
    decision: WriteDecision

    @property
    def action(self) -> WriteAction:
        return self.decision.action


def undo(change: Change, state: SceneInStash | None, tag_ids: frozenset[str]) -> Undo:
    """``tag_ids``: of all tags that Stash has."""
    if state is None:
        return Undo(
            change,
            WriteDecision(change, WriteAction.LEAVE if change.scene.deleted_at else WriteAction.UNSEEN, reason=GONE),
        )
    if wrote_nothing(change):
        return Undo(change, WriteDecision(change, WriteAction.LEAVE, reason=WAS_SO))
    inverse = KINDS[change.kind].inverse(change)
    if inverse is None:
        return Undo(change, WriteDecision(change, WriteAction.LEAVE, reason=NO_WAY_BACK))
    kind = KINDS[inverse.kind]
    if kind.makes_tag and inverse.tag_id not in tag_ids:
        return Undo(change, WriteDecision(change, WriteAction.LEAVE, reason=TAG_GONE))
    opposite = Change(pk=change.pk, scene=change.scene, kind=inverse.kind, value=inverse.value)
    decision = kind.decide(opposite, state, inverse.tag_id)
    decision.again = change.revert_intended_at is not None
    if decision.action == WriteAction.LEAVE:
        decision.reason = CHANGED_SINCE
    else:
        decision.reason = NOT_THERE if decision.action == WriteAction.ALREADY_THERE and not decision.again else ""
    return Undo(change, decision)


def rounds(changes: Iterable[Change]) -> list[list[Change]]:
    """Which can be taken back together: of what touches the same in a scene, what was applied last comes first."""
    found: list[list[Change]] = []
    last: dict[tuple[int, str, str], tuple[int, str]] = {}
    never = datetime.min.replace(tzinfo=UTC)
    for change in sorted(changes, key=lambda change: (change.applied_at or never, change.pk), reverse=True):
        verb, _sign, what = change.kind.partition("_")
        place = (change.scene_id, what, str(change.stash_tag or change.tag))  # somebody may have renamed it
        number, before = last.get(place, (-1, ""))
        # Two that add, or two that remove, get in nobody's way; of two that set, the second one knows the first.
        number = max(0, number + int(verb != before or verb == "set"))
        last[place] = (number, verb)
        found += [[]] if len(found) <= number else []
        found[number].append(change)
    return found


def with_action(undos: Sequence[Undo], action: WriteAction) -> list[Undo]:
    return [undo for undo in undos if undo.action == action]
