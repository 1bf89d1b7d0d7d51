"""Changes that are wanted back while it is not known whether they got into Stash: their applier died meanwhile.

There is one job at a time that writes (the lock "library"), so none is at it any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from jobs.context import JobContext
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.rows import SceneInStash
from scenes.models import Change
from scenes.plans import recording
from scenes.plans.applying import states_of
from scenes.plans.deciding import GONE
from scenes.plans.decisions import WriteAction, WriteDecision
from scenes.plans.duplicates import remove_duplicates
from scenes.plans.kinds import KINDS
from scenes.plans.reverting.recording import NEVER_WRITTEN
from scenes.plans.tag_ids import TagIds, tag_name


def resolve_interrupted(
    job: JobContext, stash: StashClient, changes: Sequence[Change], unseen: list[WriteDecision]
) -> list[Change]:
    """Those of them that are in Stash, as they are recorded now; what never got there is rejected.

    ``unseen`` gets those of scenes that Stash does not show, though we know of no end of theirs.
    """
    unknown = [change for change in changes if change.status == Change.Status.APPROVED]
    if not unknown:
        return list(changes)
    tags = TagIds(job, stash, {tag_name(change) for change in unknown} - {""})
    states = states_of(stash, unknown)
    there: list[WriteDecision] = []
    absent: list[WriteDecision] = []
    for change in unknown:
        state, tag_id = states.get(str(change.scene_id)), tags.id_of(tag_name(change))
        if state is None:
            is_gone = change.scene.deleted_at is not None
            (absent if is_gone else unseen).append(WriteDecision(change, WriteAction.LEAVE, reason=GONE))
            continue
        decision = look(change, state, tag_id)
        (there if decision.action == WriteAction.ALREADY_THERE else absent).append(decision)
    remove_duplicates(job, stash, there)
    recording.applied(job, there, tags.used({tag_name(decision.change) for decision in there}))
    recording.left_alone(job, absent)
    ids = [change.pk for change in changes if change.status == Change.Status.APPLIED]
    return list(Change.objects.filter(pk__in=[*ids, *(d.change.pk for d in there)]).select_related("scene"))


def look(change: Change, state: SceneInStash, tag_id: str | None) -> WriteDecision:
    """ALREADY_THERE: it was written."""
    kind = KINDS[change.kind]
    decision = (
        WriteDecision(change, WriteAction.LEAVE)
        if kind.makes_tag and not tag_id
        else kind.decide(change, state, tag_id)
    )
    decision.before, decision.reason, decision.again = change.before or {}, NEVER_WRITTEN, True
    return decision
