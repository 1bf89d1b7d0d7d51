"""What Stash no longer has. It leaves no trace, so lists of everything have to show it.

Others lost 3,504 scenes after one odd, short answer. So: two equal, complete answers that Stash's own count bears
out; and many at once, or all, only when a person says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.ids import AT_ONCE, Ids
from scenes.crash_points import CrashPoint
from scenes.models import Scene, SyncState
from scenes.models.stash import TOO_MANY
from scenes.pieces import pieces

MANY = 20  # of a kind; more than this and more than MANY_SHARE at once are for a person to accept
MANY_SHARE = 0.1


def mark_deleted(job: JobContext, stash: StashClient, ids: Ids) -> None:
    """Mark the scenes deleted that are not in ``ids``, a complete answer, if that is safe."""
    gone = confirmed_missing(job, stash, "scenes", Scene.objects.present(), ids, stash.scene_ids)
    for piece in pieces(sorted(gone or ())):
        with job.transaction():
            Scene.objects.filter(pk__in=piece).update(deleted_at=timezone.now(), deleted_by=job.id)
        crash_point(CrashPoint.SCENES_DELETED)
    if gone:
        remember_missing(job, "scenes", frozenset())


def ids_of(rows: QuerySet[Any]) -> Iterator[int]:
    """Ascending, and read in pieces, since there may be a million."""
    return rows.order_by("pk").values_list("pk", flat=True).iterator(AT_ONCE)


def confirmed_missing(
    job: JobContext, stash: StashClient, kind: str, ours: QuerySet[Any], given: Ids, ask_again: Callable[[], Ids]
) -> frozenset[int] | None:
    """Those of ``ours`` that Stash no longer has and that nobody need be asked about; None when its answers differ."""
    missing = frozenset(given.lacking(ids_of(ours)))
    if missing and not (ask_again() == given and getattr(stash.counts(), kind) == len(given)):
        job.log(_("Stash's answers about its {kind} differ: none is deleted now.", kind=_(kind)), "warning")
        return None
    if missing and needs_a_person(kind, missing, total := ours.count()):
        remember_missing(job, kind, missing)
        counts = {"count": len(missing), "total": total, "kind": _(kind)}
        question = joined(" ", [_("{count} of {total} {kind} are no longer in Stash.", **counts), _(TOO_MANY)])
        job.log(question, "warning", missing=len(missing))
        return frozenset()
    if not missing:
        remember_missing(job, kind, missing)
    return missing


def needs_a_person(kind: str, missing: frozenset[int], total: int) -> bool:
    """Whether these, of ``total``, are too many to believe that they are gone, and nobody has accepted it yet."""
    state = SyncState.load()
    waiting = state.missing(kind)
    if state.missing_accepted_at and missing <= waiting:
        return False
    is_many = len(missing) > MANY and len(missing) > total * MANY_SHARE
    return is_many or len(missing) == total or bool(missing & waiting)


def remember_missing(job: JobContext, kind: str, missing: frozenset[int]) -> None:
    """Remember what waits for a person; an acceptance holds for what it was given for, until that is dealt with."""
    state = SyncState.load()
    if missing == state.missing(kind):
        return
    with job.transaction():
        state.set_missing(kind, missing, job.job)
