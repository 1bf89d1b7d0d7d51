"""How far plans are: the numbers of their changes by status."""

from __future__ import annotations

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from scenes.models import BAD, Change, Plan
from scenes.models.plans import ChangeQuerySet


def with_counts(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """With ``<status>_count`` for each status, and ``failed_count``."""
    groups = {status: Change.objects.filter(status=status) for status in Change.Status.values}
    attempted = (Change.Status.APPROVED, Change.Status.APPLIED)
    groups["failed"] = Change.objects.filter(outcome__in=BAD, status__in=attempted)
    return plans.annotate(**{f"{name}_count": _count(rows) for name, rows in groups.items()})


def _count(rows: ChangeQuerySet) -> Coalesce:
    of_plan = rows.filter(plan=OuterRef("pk")).order_by().values("plan").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(of_plan), 0)
