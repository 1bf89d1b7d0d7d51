"""What an analysis did, counted from its rows."""

from __future__ import annotations

from jobs.declare.registry import Report
from jobs.models import Job
from scenes.models import Change, Detection, Outcome, Plan

UNDECIDED = (Change.Status.PROPOSED, Change.Status.REJECTED)
MAX_ERRORS = 100  # listed one by one


def report(job: Job) -> Report:
    """``plan_id`` (null: nothing to change), counts of scenes and changes, and ``errors``, a sentence for each scene.

    A scene of which any detector failed is failed, not analysed.
    """
    detections = Detection.objects.filter(job=job)
    failed = dict(detections.bad().values_list("scene_id", "message"))
    analyzed = set(detections.filter(outcome=Outcome.DONE).values_list("scene_id", flat=True)) - set(failed)
    changes = Change.objects.filter(plan__job=job)
    proposed = changes.count()
    result = {
        "plan_id": Plan.objects.get(job=job).pk if proposed else None,
        "scenes_analyzed": len(analyzed),
        "changes_proposed": proposed,
        "changes_approved": changes.exclude(status__in=UNDECIDED).count(),
        "failed": len(failed),
        "errors": [f"Scene {pk}: {error}" for pk, error in sorted(failed.items())[:MAX_ERRORS]],
    }
    return Report(result, errors=len(failed))
