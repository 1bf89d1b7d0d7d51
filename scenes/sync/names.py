"""Tags, performers and studios: what has a name and aliases.

None of these changes a scene's ``updated_at``: renamed, merged or destroyed ones are found here, and the
scenes that had a destroyed one are read again, since a merge gives them another.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import Translatable as _
from scenes.bulk.upsert import upsert
from scenes.clients.stash.client import StashClient
from scenes.clients.stash.ids import Ids
from scenes.crash_points import CrashPoint
from scenes.models import Performer, Scene, Studio, Tag
from scenes.models.library import NamedModel
from scenes.pieces import pieces
from scenes.sync import deleting
from scenes.sync.convert import clean_text
from scenes.sync.remote_times import reliable_updated_at

Kind = str  # "tags", "performers", "studios"
AT_ONCE = 1000  # rows in one transaction
LENGTH = 1000  # characters of a name
NAMES = ("id", "name", "aliases", "ignore_auto_tag", "remote_updated_at")

ALSO: dict[type[NamedModel], tuple[str, ...]] = {Performer: ("disambiguation",), Studio: ("parent_id",)}

MODELS: dict[Kind, type[NamedModel]] = {"tags": Tag, "performers": Performer, "studios": Studio}
READERS: dict[Kind, Callable[[StashClient], list[Any]]] = {
    "tags": StashClient.tags,
    "performers": StashClient.performers,
    "studios": StashClient.studios,
}
SCENES_HAVE_THEM_AS = {
    "tags": ("scenetag__tag", "markers__primary_tag"),
    "performers": ("sceneperformer__performer",),
    "studios": ("studio",),
}


@dataclass
class Destroyed:
    """Ids that Stash no longer has, by kind. ``certain``: it listed all that it has."""

    ids: dict[Kind, frozenset[int]] = field(default_factory=dict)
    certain: bool = True

    def scenes(self) -> set[int]:
        """The scenes that have one of them, as far as we know."""
        found: set[int] = set()
        for kind, gone in self.ids.items():
            for name, piece in product(SCENES_HAVE_THEM_AS[kind], pieces(gone, AT_ONCE)):
                having = Scene.objects.present().filter(**{f"{name}__in": piece}).order_by()
                found.update(having.values_list("pk", flat=True))
        return found

    def forget(self, job: JobContext, read: Container[int]) -> None:
        """Delete them; after their scenes were read again (``read``), so that a crash in between leaves the traces.

        One that a scene has all the same, as Stash says of the scene, is kept: then its lists and counts are odd.
        """
        for kind, gone in self.ids.items():
            if used := self.still_used(kind, gone, read):
                message = _(
                    "Stash lists {count} of its {kind} no longer, but its scenes have them: they are kept.",
                    count=len(used),
                    kind=_(kind),
                )
                job.log(message, "warning")
            for piece in pieces(sorted(gone - used), AT_ONCE):
                with job.transaction():
                    MODELS[kind]._default_manager.filter(pk__in=piece).delete()
                crash_point(CrashPoint.NAMES_FORGOTTEN)
            deleting.remember_missing(job, kind, frozenset())

    def still_used(self, kind: Kind, gone: frozenset[int], read: Container[int]) -> set[int]:
        """Those that a scene has all the same, which was read again."""
        used: set[int] = set()
        for name, piece in product(SCENES_HAVE_THEM_AS[kind], pieces(gone, AT_ONCE)):
            pairs = Scene.objects.filter(**{f"{name}__in": piece}).order_by().values_list("pk", name)
            used.update(name_id for scene_id, name_id in pairs if scene_id in read)
        return used


def sync(job: JobContext, stash: StashClient, kinds: set[Kind]) -> Destroyed:
    """Save all names of these kinds as they are in Stash; which ones it no longer has."""
    destroyed = Destroyed()
    for kind in sorted(kinds):
        job.checkpoint()
        asked_at = stash.now()
        rows = READERS[kind](stash)
        save(job, MODELS[kind], {int(row["id"]): values_of(row, asked_at) for row in rows})
        ours = MODELS[kind]._default_manager.all()
        gone = deleting.confirmed_missing(job, stash, kind, ours, _ids(rows), partial(ids_in_stash, stash, kind))
        destroyed.certain &= gone is not None
        if gone:
            destroyed.ids[kind] = gone
    return destroyed


def ids_in_stash(stash: StashClient, kind: Kind) -> Ids:
    """Of all that it lists of this kind."""
    return _ids(READERS[kind](stash))


def _ids(rows: list[Any]) -> Ids:
    return Ids(sorted(int(row["id"]) for row in rows))


def save(job: JobContext, model: type[NamedModel], given: dict[int, dict[str, Any]]) -> None:
    """Write those rows that are new or differ. ``given``: id → values of its fields."""
    names = (*NAMES, *ALSO.get(model, ()))
    known = {row["id"]: row for row in model._default_manager.order_by().values(*names)}
    wanted = {pk: {name: values[name] for name in names} for pk, values in given.items()}
    for piece in pieces([pk for pk, values in wanted.items() if known.get(pk) != values], AT_ONCE):
        with job.transaction():
            upsert(model, names, [tuple(wanted[pk].values()) for pk in piece])
        crash_point(CrashPoint.NAMES_SAVED)


def values_of(row: dict[str, Any], asked_at: datetime) -> dict[str, Any]:
    """The values of the fields of a row that Stash gave."""
    return {
        "id": int(row["id"]),
        "name": clean_text(row["name"], LENGTH),
        "aliases": [clean_text(alias) for alias in row["aliases"]],
        "ignore_auto_tag": row["ignore_auto_tag"],
        "remote_updated_at": reliable_updated_at(row["updated_at"], asked_at),
        "disambiguation": clean_text(row.get("disambiguation"), LENGTH),
        "parent_id": int(parent["id"]) if (parent := row.get("parent_studio")) else None,
    }
