"""What an analysis did, counted from its rows."""

from __future__ import annotations

from jobs.declare.registry import Report
from jobs.models import Job
from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import joined, quantity
from scenes.models import Change, Detection, Outcome, Plan
from scenes.models.plans import ChangeQuerySet

UNDECIDED = (Change.Status.PROPOSED, Change.Status.REJECTED)
REFUSED = (Change.Status.REJECTED, Change.Status.REVERTED)
MAX_ERRORS = 100  # listed one by one


def report(job: Job) -> Report:
    """``plan_id`` (null: nothing to change), counts of scenes and changes, and ``errors``, a sentence for each scene.

    ``changes_waiting``: proposed, and for a person to decide on. ``changes_refused``: of these scenes and detectors,
    rejected or taken back before, so that no analysis proposes them again.
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
        "changes_waiting": (waiting := changes.to_review().count()),
        "changes_refused": (refused := refused_before(job).count()),
        "failed": len(failed),
        "errors": [f"Scene {pk}: {error}" for pk, error in sorted(failed.items())[:MAX_ERRORS]],
    }
    analysed = _("{scenes} analysed", scenes=quantity(len(analyzed), "scene"))
    note = waiting_line(waiting) or ("" if proposed else refused_line(refused))
    text = joined("; ", [analysed, note]) if note else ""
    return Report(result, errors=len(failed), text=text)


def refused_before(job: Job) -> ChangeQuerySet:
    done = Detection.objects.filter(job=job, outcome=Outcome.DONE)
    rows = Change.objects.filter(scene__in=done.values("scene"), detector__in=done.values("detector"))
    return rows.filter(status__in=REFUSED).exclude(plan__job=job)


def refused_line(count: int) -> str:
    """Why nothing is proposed that was once; "" for none."""
    changes = quantity(count, "change")
    return (
        _("nothing new; {changes} rejected or taken back before, not proposed again", changes=changes) if count else ""
    )


def waiting_line(count: int) -> str:
    """What a person has to do about changes that were only proposed; "" for none."""
    return _("{changes} for review", changes=quantity(count, "change waits", "changes wait")) if count else ""
