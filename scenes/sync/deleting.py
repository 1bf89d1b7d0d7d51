"""Scenes that Stash no longer has. They leave no trace, so the ids of all scenes have to show it.

Others lost 3,504 scenes after one odd, short answer. So: two equal, complete answers; never on an empty one;
and many at once only when a person says so.
"""

from __future__ import annotations

from django.utils import timezone

from jobs.context import JobContext
from jobs.crashpoints import CrashPoint, crash_point
from scenes.clients.stash import StashClient
from scenes.models import Scene, SyncState
from scenes.sync.upsert import pieces

MANY = 20  # scenes; more than this and more than MANY_SHARE at once are for a person to accept
MANY_SHARE = 0.1


def mark_deleted(job: JobContext, stash: StashClient, ids: frozenset[str], state: SyncState) -> None:
    """Mark the scenes deleted that are not in ``ids``, a complete answer, if that is safe."""
    ours = set(Scene.objects.present().order_by().values_list("pk", flat=True))
    missing = ours - {int(one) for one in ids}
    if not missing:
        _keep(job, set())
        return
    again = stash.scene_ids()
    if again != ids:
        job.log("Stash's answers about its scenes differ: none is marked deleted now.", "warning")
    elif _needs_a_person(len(missing), len(ours), ids) and not _is_accepted(missing, state):
        _keep(job, missing)
        job.log(_question(len(missing), len(ours)), "warning", missing=len(missing))
    else:
        _delete(job, missing)
        _keep(job, set())


def _needs_a_person(missing: int, known: int, ids: frozenset[str]) -> bool:
    return not ids or (missing > MANY and missing > known * MANY_SHARE)


def _is_accepted(missing: set[int], state: SyncState) -> bool:
    return state.missing_accepted_at is not None and missing <= set(state.missing_ids)


def _question(missing: int, known: int) -> str:
    return (
        f"{missing} of {known} scenes are no longer in Stash. That is too many to believe it: they are kept. "
        "Look whether Stash shows its whole library; if they are really gone, accept it."
    )


def _keep(job: JobContext, missing: set[int]) -> None:
    """Remember what waits for a person; an acceptance holds for the scenes it was given for."""
    state = SyncState.load()
    if sorted(missing) == state.missing_ids:
        return
    with job.transaction():
        SyncState.objects.filter(pk=state.pk).update(
            missing_ids=sorted(missing),
            missing_seen_at=timezone.now() if missing else None,
            missing_accepted_at=None,
        )


def _delete(job: JobContext, missing: set[int]) -> None:
    for piece in pieces(sorted(missing)):
        with job.transaction():
            Scene.objects.filter(pk__in=piece).update(deleted_at=timezone.now(), deleted_by=job.id)
        crash_point(CrashPoint.SCENES_DELETED)
