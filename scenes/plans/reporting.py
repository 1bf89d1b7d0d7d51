"""What applying changes and taking them back did, counted from the changes' rows."""

from __future__ import annotations

from typing import Any

from jobs.declare.registry import Report
from jobs.models import Job
from scenes.models import Change, Outcome

MAX_ERRORS = 100  # that are listed one by one


def report(job: Job) -> Report:
    """``changes_applied`` by this job, ``changes_failed`` in it, ``changes_left_alone`` (others' by now)."""
    changes = Change.objects.filter(job=job)
    failed = changes.bad()
    count = failed.count()
    result = {
        "plan_id": job.params.get("plan_id"),
        "changes_applied": changes.filter(status=Change.Status.APPLIED).count(),
        "changes_failed": count,
        "changes_left_alone": changes.filter(status=Change.Status.REJECTED).count(),
        "errors": [f"{change}: {change.message}" for change in failed[:MAX_ERRORS]],
    }
    return Report(result, errors=count)


def revert_report(job: Job) -> Report:
    """``changes_reverted`` in Stash by this job, ``changes_left_alone`` (not ours, or others' by now), ``…_failed``."""
    changes = Change.objects.filter(job=job)
    reverted, failed = changes.filter(status=Change.Status.REVERTED), changes.bad()
    count = failed.count()
    result = {
        "plan_id": job.params.get("plan_id"),
        "changes_reverted": reverted.filter(outcome=Outcome.DONE).count(),
        "changes_left_alone": reverted.filter(outcome=Outcome.NOT_WANTED).count(),
        "changes_failed": count,
        "errors": [f"{change}: {change.message}" for change in failed[:MAX_ERRORS]],
    }
    return Report(result, errors=count)


def apply_plan_params(analysis: Job) -> dict[str, Any] | None:
    """The parameters of apply_plan after an analysis; None when it approved nothing."""
    approved = Change.objects.to_write().filter(plan__job=analysis)
    plan_id = approved.values_list("plan_id", flat=True).first()
    return None if plan_id is None else {"plan_id": plan_id}
