"""What a job that had Stash do its own tasks came to, counted from rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q

from jobs.declare.registry import Report
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes.configuration.stash_tasks import KINDS
from scenes.models import Outcome, StashTask
from scenes.stash.stash_tasks.wanted import due, type_of

TYPES = tuple(map(type_of, KINDS))
DID = {"identify": _("identified"), "auto_tag": _("auto-tagged"), "plugin": _("handled by plugins")}


def report(job: Job, kind: str) -> Report:
    """``scenes``: done by Stash; of these ``changed_scenes`` were changed. ``left_out``: gone, or organized.

    ``carried_over``: what waits for the next run, but for what failed.
    """
    mine = StashTask.objects.filter(job=job, kind=kind)
    is_done = Q(outcome=Outcome.DONE)
    result = mine.aggregate(
        scenes=Count("scene_id", distinct=True, filter=is_done),
        changed_scenes=Count("scene_id", distinct=True, filter=is_done & Q(code="changed")),
        left_out=Count("scene_id", distinct=True, filter=Q(outcome=Outcome.NOT_WANTED)),
        failed=Count("pk", filter=Q(outcome=Outcome.FAILED)),
        quarantined=Count("pk", filter=Q(outcome=Outcome.QUARANTINED)),
    )
    failed = mine.bad().values("pk")
    result["carried_over"] = due(kind).exclude(pk__in=failed).values("scene_id").distinct().count()
    return Report(result, result["failed"] + result["quarantined"], line_of(kind, result))


def line_of(kind: str, result: Mapping[str, int]) -> str:
    """ "5 scenes identified, 3 changed"; empty when there was nothing to do."""
    scenes, changed = quantity(result["scenes"], "scene"), result["changed_scenes"]
    line = _("{scenes} {done}, {changed:,} changed", scenes=scenes, done=DID[kind], changed=changed)
    return line if result["scenes"] else ""


def results_of(jobs: Iterable[Job]) -> dict[str, Any]:
    """What these sub-jobs add to the result of their step, by type; nothing when there are none of ours."""
    found = {
        job.type: {
            "job_id": str(job.pk),
            "status": job.status,
            "result": job.result,
            "error": job.error,
            "duration_seconds": job.duration_seconds,
        }
        for job in jobs
        if job.type in TYPES
    }
    return {"stash_tasks": found} if found else {}


def lines_of(jobs: Iterable[Job]) -> tuple[list[str], list[str]]:
    """For the run's line: what each of ours did, and which of them failed, with why."""
    ours = [job for job in jobs if job.type in TYPES]
    done = [line_of(job.type.removeprefix("stash_"), job.result) for job in ours if job.result]
    failed = [job for job in ours if job.error_message]
    return list(filter(None, done)), [
        _("{step} failed: {reason}", step=job.text_of_type, reason=job.error_message) for job in failed
    ]
