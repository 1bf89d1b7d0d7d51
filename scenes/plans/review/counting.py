"""How far plans are: the numbers of their changes by status."""

from __future__ import annotations

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from scenes.models import BAD, Change, Plan


def with_counts(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """With ``<status>_count`` for each status, and ``failed_count``."""
    groups = {status: Change.objects.filter(status=status) for status in Change.Status.values}
    attempted = (Change.Status.APPROVED, Change.Status.APPLIED)
    groups["failed"] = Change.objects.filter(outcome__in=BAD, status__in=attempted)
    counts = {
        f"{name}_count": rows.filter(plan=OuterRef("pk")).order_by().values("plan").annotate(n=Count("pk")).values("n")
        for name, rows in groups.items()
    }
    return plans.annotate(**{name: Coalesce(Subquery(of_plan), 0) for name, of_plan in counts.items()})
