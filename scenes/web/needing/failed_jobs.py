"""Which jobs failed and need somebody: those after which none of their type ended well."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from jobs.models import Job, Status
from jobs.models.compiled import Compiled
from jobs.models.jobs import REAL
from scenes.first_run.deciding import UNDECIDED, page_to_ask
from scenes.models.first_run import ENDED_WELL

RECENT = timedelta(days=30)


def failed() -> QuerySet[Job]:
    """Jobs after which none of their type ended well; of a run and its sub-job the sub-job."""
    open_ones = Q(pk__in=())
    for type, (any_well, real_well) in failing_since().items():
        is_dry = ~REAL & Q(created_at__gt=any_well)
        open_ones |= Q(REAL | is_dry, status=Status.FAILED, type=type, created_at__gt=real_well)
    parts = Job.objects.filter(open_ones, parent=OuterRef("pk"))
    return Job.objects.filter(open_ones, ~Exists(parts)).exclude(error_code=UNDECIDED)


def is_open(run: Job) -> bool:
    """Of the newest run that was no dry run: it needs somebody, as one of those that failed or by their question."""
    is_settled = run.error_code == UNDECIDED and not page_to_ask()
    return run.status == Status.FAILED and run.created_at > timezone.now() - RECENT and not is_settled


def failing_since() -> dict[str, tuple[datetime, datetime]]:
    """By the type of what failed lately: after which moment none of it ended well, and none that was no dry run.

    One query that an index answers: how the newest ones of each type ended.
    """
    begin, of = timezone.now() - RECENT, len(ENDED_WELL)
    found = {type: ends for type, at, *ends in newest_failed() if at > begin}
    latest = {type: (ends[:of], ends[of:]) for type, ends in found.items()}
    return {type: (newest(begin, ends), newest(begin, real)) for type, (ends, real) in latest.items()}


def newest(begin: datetime, moments: Iterable[datetime | None]) -> datetime:
    return max(filter(None, (begin, *moments)))


# Types are found by going from one to the next in the index: a GROUP BY reads all jobs that ever failed.
NEWEST_FAILED = """
WITH RECURSIVE types(type) AS (
    SELECT min(type) FROM jobs_job WHERE status = %s
    UNION ALL
    SELECT (SELECT min(type) FROM jobs_job WHERE status = %s AND type > types.type) FROM types WHERE type IS NOT NULL
)
SELECT (SELECT id FROM jobs_job WHERE status = %s AND type = types.type ORDER BY created_at DESC LIMIT 1) FROM types
"""


def newest_failed_and_well() -> QuerySet[Job, tuple[Any, ...]]:
    """The type of the newest failed job of each type, when that was created, and the newest ones that ended well.

    Of those that ended well first any, then those that were no dry runs, which do nothing and settle nothing.
    """
    same = Job.objects.filter(type=OuterRef("type")).order_by("-created_at").values("created_at")
    rows = {"any": same, "real": same.filter(REAL)}
    well = {
        f"{name}_{status}": Subquery(of.filter(status=status)[:1]) for name, of in rows.items() for status in ENDED_WELL
    }
    newest = Job.objects.filter(pk__in=RawSQL(NEWEST_FAILED, [Status.FAILED] * 3))
    return newest.order_by().annotate(**well).values_list("type", "created_at", *well)


newest_failed = Compiled(newest_failed_and_well)
