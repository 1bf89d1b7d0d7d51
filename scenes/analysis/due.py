"""Which scenes are due: those that an enabled and available detector has not handled."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from jobs.declare.ids import is_id
from jobs.models import Job
from scenes.analysis.detectors import ENABLED, VIDEO_TAGS, available
from scenes.models import Change, Detection, Plan, Scene, SceneFile
from scenes.models.library import SceneQuerySet
from scenes.pieces import pieces

# A list of any length as one parameter: databases have a limit to the number of parameters.
LIST = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT value::bigint FROM jsonb_array_elements_text(%s::jsonb)",
}


def due_scenes(wanted: Iterable[str] = ENABLED) -> SceneQuerySet:
    """Scenes for the wanted detectors, newest first (Stash's created_at, then id).

    Left out: what is quarantined for every detector that would be due, what has changes that are still to be
    written or decided on, and what is in the batch of an analysis that has not ended.
    """
    detectors = available(wanted)
    if not detectors:
        return Scene.objects.none()
    unhandled = Q()
    for detector in detectors:
        unhandled |= _unhandled(detector)
    open_changes = Change.objects.filter(scene=OuterRef("pk"), status__in=Change.OPEN)
    due = Scene.objects.present().filter(unhandled, ~Exists(open_changes))
    return _without(due, _in_batches()).order_by("-created_at", "-id")


def batches(batch_size: int, max_scenes: int | None = None, wanted: Iterable[str] = ENABLED) -> list[list[int]]:
    """The ids of the due scenes, at most ``max_scenes``, in batches of ``batch_size``."""
    ids = list(due_scenes(wanted).values_list("pk", flat=True)[:max_scenes])
    return list(pieces(ids, batch_size))


def _unhandled(detector: str) -> Q:
    rows = Detection.objects.filter(scene=OuterRef("pk"), detector=detector)
    quarantined = rows.filter(quarantined_at__isnull=False)
    if detector == VIDEO_TAGS:
        # Without a file there is no film to analyse; it is due as soon as it has one.
        return Q(Exists(SceneFile.objects.filter(scene=OuterRef("pk"))), ~Exists(quarantined), video_analyzed=False)
    return Q(~Exists(rows.filter(Q(handled_at__isnull=False) | Q(quarantined_at__isnull=False))))


def _in_batches() -> list[int]:
    """The scenes of analyses that have not ended: those they were started with, or chose at their start."""
    active = Job.objects.active().filter(type="analysis")
    given = active.values_list("params__scene_ids", flat=True)
    chosen = Plan.objects.filter(job__in=active).values_list("scene_ids", flat=True)
    return sorted({scene_id for ids in (*given, *chosen) for scene_id in ids or [] if is_id(scene_id)})


def _without(scenes: SceneQuerySet, ids: list[int]) -> SceneQuerySet:
    if not ids:
        return scenes
    return scenes.exclude(pk__in=RawSQL(LIST[connection.vendor], [json.dumps(ids)]))
