"""How long a run is expected to take, from earlier ones: the median of each step."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from statistics import median

from django.utils import timezone

from jobs.models import Job, Status, Step

RUNS = 20  # the newest ones of its type before it
WENT_WELL = (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS)


def usual_seconds(run: Job) -> dict[str, float]:
    """By the key of the step; a step that no earlier run did is not in it. Two queries, once a run."""
    return _usual_seconds(run.pk) if run.parent_id is None else {}


@lru_cache(maxsize=256)
def _usual_seconds(run_id: uuid.UUID) -> dict[str, float]:
    run = Job.objects.only("type", "created_at").get(pk=run_id)
    earlier = Job.objects.runs().filter(type=run.type, created_at__lt=run.created_at)
    ids = list(earlier.order_by("-created_at", "-id").values_list("pk", flat=True)[:RUNS])
    taken: dict[str, list[float]] = defaultdict(list)
    for step in Step.objects.filter(run__in=ids, status__in=WENT_WELL).only("key", "started_at", "finished_at"):
        if step.duration_seconds is not None:
            taken[step.key].append(step.duration_seconds)
    return {key: median(seconds) for key, seconds in taken.items()}


def seconds_left(steps: Iterable[Step], usual: dict[str, float]) -> float | None:
    """Until the run's end, as it usually goes; None where nothing is known of what is left, or it takes longer."""
    left, is_known = 0.0, False
    for step in steps:
        if step.status == Status.PENDING and step.key in usual:
            left, is_known = left + usual[step.key], True
        elif step.status == Status.RUNNING and step.key in usual and step.started_at:
            spent = (timezone.now() - step.started_at).total_seconds()
            left, is_known = left + max(0.0, usual[step.key] - spent), True
    return left if is_known else None
