"""How long a run is expected to take, from earlier ones: the median of each step."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from statistics import median

from django.db.models.fields.json import KT
from django.utils import timezone

from jobs.declare.registry import params_of
from jobs.models import Job, Status, Step

LOOKED_AT, RUNS = 100, 20  # the newest ones of its type before it; of these, those with its switches
WENT_WELL = (Status.COMPLETED, Status.COMPLETED_WITH_ERRORS)


def usual_seconds(run: Job) -> dict[str, float]:
    """By the key of the step; a step that no earlier run did is not in it. Four queries, once a run."""
    return _usual_seconds(run.pk) if run.parent_id is None else {}


@lru_cache(maxsize=256)
def _usual_seconds(run_id: uuid.UUID) -> dict[str, float]:
    run = Job.objects.only("type", "created_at").get(pk=run_id)
    switches = [KT(f"params__{name}") for name in switches_of(run.type)]
    ((_, *own),) = Job.objects.filter(pk=run_id).values_list("pk", *switches)
    earlier = Job.objects.runs().filter(type=run.type, created_at__lt=run.created_at).order_by("-created_at", "-id")
    ids = [pk for pk, *given in earlier.values_list("pk", *switches)[:LOOKED_AT] if given == own][:RUNS]
    taken: dict[str, list[float]] = defaultdict(list)
    for step in Step.objects.filter(run__in=ids, status__in=WENT_WELL).only("key", "started_at", "finished_at"):
        if step.duration_seconds is not None:
            taken[step.key].append(step.duration_seconds)
    return {key: median(seconds) for key, seconds in taken.items()}


def switches_of(type: str) -> list[str]:
    """Its parameters that are true or false: a dry run says nothing of one that is none."""
    return [parameter.name for parameter in params_of(type).parameters() if parameter.type == "boolean"]


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
