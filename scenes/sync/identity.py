"""Whether Stash still holds the library that we know, or was reset or swapped.

A scene's ``created_at`` never changes and its id is never used twice, so one scene that was made at another time
than ours with this id is proof. It is looked for before anything is saved, deleted or written to Stash.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import StashClient
from scenes.configuration import named_setting
from scenes.models import Scene, SyncState
from scenes.pieces import pieces
from scenes.sync.convert import parse_created_at

SAMPLE = 4  # scenes, beside the oldest and the newest


def sample_of_known() -> set[int]:
    """The ids of a few scenes, as a proof: the oldest, the newest, and any others."""
    ids = Scene.objects.present().order_by("pk").values_list("pk", flat=True)
    oldest, newest = ids.first(), ids.last()
    if oldest is None or newest is None:
        return set()
    sampled = (ids.filter(pk__gte=random.randint(oldest, newest)).first() for _time in range(SAMPLE))
    return {oldest, newest, *(pk for pk in sampled if pk)}


def foreign_scenes(made: Mapping[str, str]) -> list[int]:
    """Those of the scenes (id → raw ``created_at``) that are others than ours with these ids."""
    return sorted(pk for pk, is_ours in _compare(made).items() if not is_ours)


def _compare(made: Mapping[str, str]) -> dict[int, bool]:
    """Of each scene that we have, too, whether it is that one."""
    remote = {int(pk): parse_created_at(pk, raw) for pk, raw in made.items()}
    same: dict[int, bool] = {}
    for piece in pieces(remote):
        ours = Scene.objects.filter(pk__in=piece).order_by().values_list("pk", "created_at")
        same.update((pk, moment == remote[pk]) for pk, moment in ours)
    return same


def refuse_another_library(job: JobContext, made: Mapping[str, str]) -> None:
    """Stop when one of these scenes is another than ours. Raises JobError ``another_library`` (permanent)."""
    if foreign := foreign_scenes(made):
        with job.transaction():
            SyncState.objects.update_or_create(pk=SyncState.SINGLETON, defaults={"another_library": True})
        raise another_library(_("scene {id} was made at another time than the one we know", id=foreign[0]))


def check(job: JobContext, stash: StashClient) -> None:
    """Ask for a few scenes that we know. Raises as above."""
    if known := sample_of_known():
        refuse_another_library(job, stash.scenes_created_at(known))


def is_ours(stash: StashClient) -> bool:
    """Whether it has any of a few scenes that we know, all as we know them. While we know none, every Stash is ours."""
    known = sample_of_known()
    made = stash.scenes_created_at(known) if known else {}
    return not known or (bool(made) and not foreign_scenes(made))


def check_again(job: JobContext, stash: StashClient) -> None:
    """After a stop: go on when all of our scenes that Stash has are ours again. Raises as above."""
    is_known = False
    for made in stash.all_created_at():
        refuse_another_library(job, made)
        is_known = is_known or bool(_compare(made))
    if not is_known:
        raise another_library(_("it has none of the scenes that we know"))
    with job.transaction():
        SyncState.objects.filter(pk=SyncState.SINGLETON).update(another_library=False)
    job.log(_("Stash holds the library that we know again: all of it is synced."))


def another_library(why: str) -> JobError:
    message = _(
        "This Stash holds another library: {why}. It was reset or swapped, so nothing is synced or "
        "written. If it is the wrong Stash, set {setting} in the settings to the right one, and "
        "the next sync goes on. If it is the right one, accept it under “Needs you”, and our copy is forgotten.",
        why=why,
        setting=named_setting("stash_url"),
    )
    return JobError("another_library", message, permanent=True)
