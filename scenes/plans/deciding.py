"""What a change needs, seeing what its scene is like in Stash right now."""

from __future__ import annotations

from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.rows import SceneInStash
from scenes.models import Change
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.kinds import KINDS

GONE = _("The scene is no longer in Stash.")


def decide(change: Change, state: SceneInStash | None, tag_id: str | None) -> WriteDecision:
    """``tag_id``: Stash's id of the tag that the change names, if there is such a tag.

    A change that was begun before (``intended_at``) and is there now was written by us: what was noted
    before that first attempt stays.
    """
    if state is None:
        # One odd, short answer is no proof: others lost thousands of scenes by it.
        return WriteDecision(change, WriteAction.FAIL if change.scene.deleted_at else WriteAction.UNSEEN, reason=GONE)
    decision = KINDS[change.kind].decide(change, state, tag_id)
    if change.intended_at is not None and change.before is not None:
        decision.before, decision.again = change.before, True
    return decision
