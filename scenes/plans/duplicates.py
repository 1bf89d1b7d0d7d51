"""Markers that got into Stash twice: a write that hung, and that we repeated, was carried out after all.

The look before the repetition can't see it coming. So where an earlier attempt may have written a marker, we look
once more after the repetition, before anything is recorded: whatever breaks off in here is begun again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes.clients.stash.client import StashClient
from scenes.crash_points import CrashPoint
from scenes.models import Change, Marker
from scenes.plans.decisions import WriteDecision
from scenes.plans.kinds.remove_marker import destroyed_together
from scenes.plans.markers import is_meant

LATE_WRITE_DELAY = 0.5  # seconds: what held the first write up has let the second one through, so it comes now


def remove_duplicates(job: JobContext, stash: StashClient, decisions: Iterable[WriteDecision]) -> None:
    """Leave one of each of these markers, the one in ``after``, where an earlier attempt may have made it, too.

    Before that attempt there was none, so these are ours; one that somebody has edited since is not equal any more,
    and stays. Raises ServiceError.
    """
    again = [decision for decision in decisions if decision.again and decision.change.kind == Change.Kind.ADD_MARKER]
    if not again:
        return
    job.pause(LATE_WRITE_DELAY)
    states = stash.scene_states({str(decision.change.scene_id) for decision in again})
    ids = dict.fromkeys(
        int(marker.id)
        for decision in again
        if (state := states.get(str(decision.change.scene_id)))
        for marker in state.markers
        if is_meant(marker, decision.change, decision.tag_id) and not marker.tag_ids
        if int(marker.id) != decision.after["marker_id"]
    )
    if ids:
        destroy_markers(job, stash, list(ids))


def destroy_each(stash: StashClient, ids: Iterable[int]) -> None:
    for pk in ids:
        (outcome,) = stash.destroy_markers([str(pk)])
        if outcome.error:
            raise outcome.error
        crash_point(CrashPoint.MARKER_REMOVED)


def destroy_markers(job: JobContext, stash: StashClient, ids: Sequence[int]) -> None:
    """In Stash, then in our copy of it. Raises ServiceError."""
    for part in stash.portions.of(ids):
        if not destroyed_together(stash, part):
            destroy_each(stash, part)
    with job.transaction(recording=True):
        Marker.objects.filter(pk__in=ids).delete()
    markers = quantity(len(ids), "marker was", "markers were")
    job.log(
        _("{markers} made twice, by writes that Stash carried out late: what came second is removed.", markers=markers)
    )
