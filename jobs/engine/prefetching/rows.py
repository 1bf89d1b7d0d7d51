"""The rows of prefetched jobs, by SQL that is made once."""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.models import BigIntegerField, Case, CharField, DateTimeField, QuerySet, UUIDField, When

from jobs.engine.holding import is_held
from jobs.models import ACTIVE, Job, Status
from jobs.models.compiled import AnyOf, Compiled, CompiledUpdate, Given

MOST = 32  # jobs that are prefetched at once


def _queued() -> QuerySet[Job]:
    skips = connection.features.has_select_for_update_skip_locked  # who holds a row may be about to take the job
    queued = Job.objects.filter(pk__in=AnyOf("ids", UUIDField()), status=Status.QUEUED, claim_token=None)
    return queued.select_for_update(no_key=True, skip_locked=skips).order_by("place_in_queue", "id")


unclaimed = Compiled(_queued)  # locked
claim = CompiledUpdate(
    lambda: (
        Job.objects.filter(pk__in=AnyOf("ids", UUIDField())),
        {
            "claim_token": Given("token", UUIDField()),
            "claimed_by": Given("claimed_by", CharField()),
            "lease_until": Given("lease_until", DateTimeField()),
        },
    )
)


def _of_step() -> QuerySet[Job, uuid.UUID]:
    # A CASE, as in `jobs.engine.claiming`: the queue is read in its order until there are enough.
    of_type, of_run = Given("type", CharField()), Given("parent_id", UUIDField())
    like = When(type=of_type, parent=of_run, step=Given("step_id", BigIntegerField()), run_after=None, then=1)
    is_like = Case(like, default=0)
    queue = Job.objects.filter(place_in_queue__lt=Given("before", DateTimeField()))
    queue = queue.alias(is_like=is_like).filter(is_like=1).order_by("place_in_queue", "id")
    return queue.values_list("pk", flat=True)[:MOST]


queued_of_step = Compiled(_of_step)
# Those that nobody cancelled or took, and nothing holds.
unhindered = Compiled(
    lambda: (
        Job.objects.filter(pk__in=AnyOf("ids", UUIDField()), claim_token=Given("token", UUIDField()), status__in=ACTIVE)
        .exclude(is_held())
        .order_by()
        .values_list("pk", flat=True)
    )
)
claimed = Compiled(  # their statuses, locked in one order
    lambda: (
        Job.objects.filter(pk__in=AnyOf("ids", UUIDField()), claim_token=Given("token", UUIDField()))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", "status")
    )
)
