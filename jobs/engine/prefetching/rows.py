"""The rows of prefetched jobs, by SQL that is made once."""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.models import BigIntegerField, CharField, DateTimeField, Exists, QuerySet, UUIDField

from jobs.engine.holding import is_held
from jobs.models import ACTIVE, Job, Status
from jobs.models.compiled import AnyOf, Compiled, CompiledUpdate, Given, narrowed

MOST = 32  # jobs that are prefetched at once


def _queued() -> QuerySet[Job]:
    skips = connection.features.has_select_for_update_skip_locked  # who holds a row may be about to take the job
    queued = narrowed(Job.objects.filter(pk__in=AnyOf("ids", UUIDField())), status=Status.QUEUED, claim_token=None)
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
    # The queue is read in its order until there are enough.
    queue = Job.objects.filter(place_in_queue__lt=Given("before", DateTimeField())).order_by("place_in_queue", "id")
    of_type, of_run = Given("type", CharField()), Given("parent_id", UUIDField())
    queue = narrowed(queue, type=of_type, parent=of_run, step=Given("step_id", BigIntegerField()), run_after=None)
    return queue.values_list("pk", flat=True)[:MOST]


queued_of_step = Compiled(_of_step)


def _unhindered(name: str) -> QuerySet[Job, uuid.UUID]:
    own = narrowed(
        Job.objects.filter(pk=Given(name, UUIDField())),
        ~is_held(),
        claim_token=Given("token", UUIDField()),
        status__in=ACTIVE,
    )
    return own.order_by().values_list("pk", flat=True)


# The following one of two, if nobody cancelled or took either, and nothing holds them.
unhindered = Compiled(lambda: _unhindered("following").filter(Exists(_unhindered("first"))))
claimed = Compiled(  # their statuses, locked in one order
    lambda: (
        narrowed(Job.objects.filter(pk__in=AnyOf("ids", UUIDField())), claim_token=Given("token", UUIDField()))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", "status")
    )
)
