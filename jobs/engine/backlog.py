"""How long work waits for a worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField
from django.utils import timezone

from jobs.engine.claiming import due
from jobs.models import Job
from jobs.models.compiled import Compiled, Given

LONG = timedelta(minutes=30)

idle = Compiled(
    lambda: (
        Job.objects.filter(place_in_queue__isnull=False, updated_at__lte=Given("before", DateTimeField()))
        .order_by()
        .values_list("pk", flat=True)[:1]
    )
)


def too_long_since() -> datetime | None:
    """Since when the first of the queue waits, if that is LONG, and nothing was begun: one that moves is only long."""
    before = timezone.now() - LONG
    if not idle(before=before):  # of most queues, and asked at once
        return None
    first = due().values_list("updated_at", "run_after").first()
    since = max(filter(None, first), default=None) if first else None
    if since is None or since > before:
        return None
    is_moving = Job.objects.filter(updated_at__gte=before, started_at__gte=before).exists()
    return None if is_moving else since
