"""What a job that had Stash do its own tasks came to, counted from rows."""

from __future__ import annotations

from django.db.models import Count, Q

from jobs.declare.registry import Report
from jobs.models import Job
from jobs.words import counted
from scenes.models import Outcome, StashTask
from scenes.stash.stash_tasks.wanted import due

DID = {"identify": "identified", "auto_tag": "auto-tagged", "plugin": "handled by plugins"}


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
    said = f"{counted(result['scenes'], 'scene')} {DID[kind]}, {result['changed_scenes']:,} changed"
    return Report(result, result["failed"] + result["quarantined"], said if result["scenes"] else "")
