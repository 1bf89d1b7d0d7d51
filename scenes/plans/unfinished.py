"""Plans of which something is still to be written: after a crash, an outage, or an analysis started alone."""

from __future__ import annotations

from jobs.models import Job
from scenes.models import Plan


def plans_to_finish() -> list[int]:
    """Plans with approved changes, oldest first, that no job is busy with (its analysis, or one that applies it)."""
    active = Job.objects.active()
    being_applied = active.filter(type="apply_plan").values_list("params__plan_id", flat=True)
    plans = Plan.objects.unfinished().exclude(job__in=active).exclude(pk__in=list(being_applied))
    return list(plans.order_by("created_at", "id").values_list("pk", flat=True))
