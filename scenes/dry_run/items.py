"""The rows of a report: collected while a step is looked at, written at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from jobs.context import JobContext
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
from scenes.models import DryRunItem, Outcome
from scenes.pieces import pieces

ROWS_AT_ONCE = 500
Action = DryRunItem.Action
Kind = DryRunItem.Kind
WORDS = {
    Action.LINK: ("file would be linked", "files would be linked"),
    Action.COPY: ("file would be copied", "files would be copied"),
    Action.MOVE: ("file would be moved", "files would be moved"),
    Action.TAG: ("torrent would be tagged", "torrents would be tagged"),
    Action.REMOVE: ("torrent would be removed", "torrents would be removed"),
    Action.DELETE: ("torrent would be removed with its files", "torrents would be removed with their files"),
    Action.SCAN: ("file would be looked up after a scan", "files would be looked up after a scan"),
    Action.ANALYSE: ("scene would be analysed", "scenes would be analysed"),
    Action.APPLY: ("plan would be applied", "plans would be applied"),
    Action.GENERATE: ("scene would get its previews", "scenes would get their previews"),
    Outcome.WAITING: ("item would wait", "items would wait"),
    Outcome.FAILED: ("item would fail", "items would fail"),
}


def save(job: JobContext, items: Iterable[DryRunItem]) -> None:
    """In place of what an earlier attempt of the job wrote."""
    with job.transaction():
        DryRunItem.objects.filter(job=job.job).delete()
    for part in pieces(items, ROWS_AT_ONCE):
        for item in part:
            item.job = job.job
        with job.transaction():
            DryRunItem.objects.bulk_create(part)


def counts_of(job: Job) -> dict[str, int]:
    """How many lines there are of each action, and of those without one of each outcome.

    A torrent with files counts by them, as in the result of a real job.
    """
    rows = list(DryRunItem.objects.of(job).order_by().values_list("kind", "key", "action", "outcome"))
    with_files = {key for kind, key, _action, _outcome in rows if kind == Kind.FILE}
    counted_rows = [
        action or outcome
        for kind, key, action, outcome in rows
        if action or not (kind == Kind.TORRENT and key in with_files)
    ]
    return dict(Counter(filter(None, counted_rows)))


def line_of(job: Job) -> str:
    """The whole report in a line."""
    counts = counts_of(job)
    parts: list[str] = [quantity(counts[action], *words) for action, words in WORDS.items() if counts.get(action)]
    asked = DryRunItem.objects.of(job).filter(action=Action.ASK).order_by("id").values_list("message", flat=True)
    parts += asked[:1]
    done = joined("; ", parts) or _("nothing is to be done")
    return _("Dry run, nothing was done: {done}", done=done)


def of_scene(step: str, action: str, scene_id: int, name: str, **columns: Any) -> DryRunItem:
    return DryRunItem(step=step, kind=Kind.SCENE, key=str(scene_id), name=name, action=action, **columns)
