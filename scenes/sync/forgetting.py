"""Forgetting our copy of a library that Stash no longer holds, when a person says so.

In pieces, since a large one takes a minute, and on SQLite everybody else waits for a write at most 20 s. The mark
"another library" goes last: until then no job works with what is left, and after a stop it can be accepted again.
"""

from __future__ import annotations

from django.db import models, transaction
from django.utils.translation import gettext

from jobs.models import Job
from jobs.waiting import Waiter
from scenes.models import (
    FirstRunDecision,
    Marker,
    Outcome,
    OutputKind,
    Performer,
    Scan,
    Scene,
    SceneFile,
    StashTask,
    Studio,
    SyncState,
    Tag,
)
from scenes.search.indexes import take_in

AT_ONCE = 500  # rows, with all that belongs to them, in one transaction
PAUSE = 0.05  # seconds in which others may write
COPIED: tuple[type[models.Model], ...] = (OutputKind, StashTask, Scene, SceneFile, Marker, Tag, Performer, Studio)


class Busy(Exception):
    """{message}: a job is at work on what would be forgotten."""


def accept_another_library() -> int:
    """Forget our copy of a Stash that was reset or swapped; returns how many scenes that were.

    Files and Stash itself stay as they are: the next sync copies the new library, and what was placed is
    looked up in it again. Raises Busy while any job is active, or cancelled and not yet cleaned up.
    """
    count = 0
    for model in COPIED:
        while forgotten := forget_some(model):
            count += forgotten if model is Scene else 0
            Waiter().pause(PAUSE)
    with transaction.atomic():
        if _is_to_be_forgotten():
            Scan.objects.filter(outcome=Outcome.DONE).update(outcome=Outcome.WAITING, scene_id=None)
            SyncState.objects.all().delete()
            # Its ids begin at 1 once more: nothing of it was there before.
            FirstRunDecision.objects.exclude(last_scene_id=None).update(last_scene_id=0)
    return count


def forget_some(model: type[models.Model]) -> int:
    """Delete AT_ONCE rows, or what is left; how many those were."""
    with transaction.atomic():
        if not _is_to_be_forgotten():
            return 0
        rows = model._default_manager.order_by("pk").values_list("pk", flat=True)
        ids = list(rows[:AT_ONCE])
        model._default_manager.filter(pk__in=ids).delete()
        take_in()
    return len(ids)


def _is_to_be_forgotten() -> bool:
    """In a transaction, which keeps a sync from finding the right library again meanwhile."""
    if not SyncState.objects.select_for_update().filter(another_library=True):
        return False
    if (Job.objects.active() | Job.objects.claimed()).exists():
        raise Busy(
            gettext("A job is active, or was cancelled just now: wait for its end, or cancel it, and accept again.")
        )
    return True
