"""What became of each scene, in its row: the job's report counts these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.utils import timezone

from jobs.context import JobContext
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.rows import SceneRow
from scenes.models import Outcome, StashJob, StashTask
from scenes.models.stash_tasks import ASKED
from scenes.pieces import pieces

CHANGED, UNCHANGED, GONE, ORGANIZED, UNKNOWN = "changed", "unchanged", "gone", "organized", "unknown"
WHY_LEFT_OUT = {
    GONE: _("Stash has no scene with this id (any more)."),
    ORGANIZED: _("It is marked organized in Stash, so it is left to its owner."),
}
WHY_UNKNOWN = _(
    "Whether the plugin's task ran for it is not known: StashHog or Stash stopped while it was "
    "asked for. Look into Stash's log. It is not run again until somebody releases it."
)


def asked(job: JobContext, kind: str, rows: Sequence[StashTask]) -> StashJob:
    """Before Stash is asked, with `digest_before` of each: who goes on after a crash knows what was asked for."""
    stash_job = StashJob(job=job.job, kind=kind)
    with job.transaction():
        stash_job.save()
        for row in rows:
            row.job_id, row.stash_job, row.updated_at = job.id, stash_job, timezone.now()
            row.outcome, row.code = Outcome.WAITING, ASKED
        fields = ["job", "stash_job", "digest_before", "updated_at", "outcome", "code"]
        StashTask.objects.bulk_update(rows, fields, batch_size=500)
    return stash_job


def asked_rows(kind: str) -> list[StashTask]:
    """What was asked for and has no outcome, by any job, in the order in which Stash came to the scenes."""
    rows = StashTask.objects.filter(kind=kind, outcome=Outcome.WAITING, code=ASKED)
    return list(rows.select_related("stash_job").order_by("stash_job", "-scene_id"))


def digest(scene: SceneRow) -> str:
    """Of all that Stash says of a scene; its time alone tells nothing of two changes in the same second."""
    content = {name: value for name, value in scene.items() if name != "paths"}
    return hashlib.sha1(json.dumps(content, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def is_unchanged(row: StashTask, scene: SceneRow) -> bool:
    return digest(scene) == row.digest_before


def done(job: JobContext, rows: Iterable[StashTask], scenes: Mapping[int, SceneRow]) -> None:
    """Stash did it; ``scenes``: as they are now, by id."""
    by_code: dict[str, list[int]] = {CHANGED: [], UNCHANGED: []}
    for row in rows:
        by_code[UNCHANGED if is_unchanged(row, scenes[row.scene_id]) else CHANGED].append(row.pk)
    for code, ids in by_code.items():
        for part in pieces(ids):
            StashTask.objects.filter(pk__in=part).succeed(job, code=code)


def failed(job: JobContext, rows: Iterable[StashTask], reasons: Mapping[int, str]) -> None:
    """``reasons`` by scene id. The next run tries these again, until they have used up their attempts."""
    StashTask.objects.fail_each(job, {row.pk: reasons[row.scene_id] for row in rows}, code="")


def left_out(job: JobContext, ids: Collection[int], code: str) -> None:
    """Of these rows' scenes nothing is asked, now or later."""
    columns = {"outcome": Outcome.NOT_WANTED, "code": code, "message": WHY_LEFT_OUT[code]}
    for part in pieces(ids):
        StashTask.objects.filter(pk__in=part).update(job_id=job.id, updated_at=timezone.now(), **columns)


def waiting(job: JobContext, ids: Collection[int], why: str = "") -> None:
    """They are as if they had not been asked for: this job, or the next run, asks for them."""
    columns = {"outcome": Outcome.WAITING, "code": "", "message": why}
    for part in pieces(ids):
        StashTask.objects.filter(pk__in=part).update(job_id=job.id, updated_at=timezone.now(), **columns)


def unknown(job: JobContext, ids: Collection[int]) -> None:
    """It may do harm to ask again: only a person can say so."""
    columns = {"outcome": Outcome.QUARANTINED, "code": UNKNOWN, "message": WHY_UNKNOWN, "failed_at": timezone.now()}
    for part in pieces(ids):
        StashTask.objects.filter(pk__in=part).update(job_id=job.id, updated_at=timezone.now(), **columns)
