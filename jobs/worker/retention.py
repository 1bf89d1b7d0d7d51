"""What is kept for how long: old events, jobs, wake-ups and sessions are removed in batches.

Each batch is one short transaction, so that on SQLite nobody waits for it. A finished run is removed with its
sub-jobs, steps and events; rows of other apps that refer to one of its jobs stay, with a null reference.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate

from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from jobs import wakeup
from jobs.conf import conf
from jobs.models import ACTIVE, FINISHED, Batch, Event, IdempotencyKey, Job, Maintenance, Occurrence, Supervisor

EVENTS_AT_ONCE = 2000  # ids looked at in one piece
RUNS_AT_ONCE = 20
JOBS_AT_ONCE = 200  # in one piece, unless one run has more
DAY = timedelta(days=1)
PRUNING = "prune"

logger = logging.getLogger(__name__)


def claim_pruning() -> bool:
    """True for one caller a day."""
    return Maintenance.claim(PRUNING, DAY)


def prune() -> Iterator[Counter[str]]:
    """Remove what is older than the settings say; after each piece, how many rows of what were removed so far."""
    removed: Counter[str] = Counter()
    for piece in prune_in_pieces():
        removed += piece
        yield removed
    logger.info("Pruned %s jobs, %s events, %s wake-ups", removed["jobs"], removed["events"], removed["wakeups"])


def prune_in_pieces() -> Iterator[Counter[str]]:
    """Each piece is a transaction, and yields how many rows of what it removed."""
    if conf.keep_events:
        yield from prune_events(timezone.now() - timedelta(days=conf.keep_events))
    if conf.keep_jobs:
        before = timezone.now() - timedelta(days=conf.keep_jobs)
        while (removed := prune_some_runs(before))["jobs"]:
            yield removed
        Occurrence.objects.filter(recorded_at__lt=before).delete()
    yield prune_the_rest(timezone.now() - DAY)


def prune_some_runs(before: datetime) -> Counter[str]:
    """The oldest finished runs, with all that belongs to them."""
    with transaction.atomic():
        # Locked: nobody starts a retry of one of them now. Whom somebody else has locked waits for tomorrow.
        runs = old_runs(before).select_for_update(skip_locked=True).values_list("pk", flat=True)
        old = Job.objects.filter(pk__in=few_of(list(runs[:RUNS_AT_ONCE])))
        batches = Batch.objects.filter(pk__in=list(old.values_list("batch", flat=True)))
        _, removed = old.delete()
        batches.delete()
    return Counter({"events": removed.get(Event._meta.label, 0), "jobs": removed.get(Job._meta.label, 0)})


def few_of(runs: list[uuid.UUID]) -> list[uuid.UUID]:
    """As many of the first runs as have JOBS_AT_ONCE jobs together; one at least."""
    sizes = Job.objects.runs().filter(pk__in=runs).annotate(size=Count("sub_jobs") + 1).values_list("pk", "size")
    size_of = dict(sizes)
    together = list(accumulate(size_of[pk] for pk in runs))
    return [pk for pk, sum_so_far in zip(runs, together, strict=True) if sum_so_far <= JOBS_AT_ONCE] or runs[:1]


def old_runs(before: datetime) -> QuerySet[Job]:
    """Runs that ended before that time, and none of whose jobs anybody works at, oldest first."""
    at_work = Job.objects.filter(Q(status__in=ACTIVE) | Q(claim_token__isnull=False), parent=OuterRef("pk"))
    # The condition on created_at follows from the other and has an index.
    old = Job.objects.runs().finished().filter(finished_at__lt=before, created_at__lt=before, claim_token=None)
    return old.exclude(Exists(at_work)).order_by("created_at")


def prune_events(before: datetime) -> Iterator[Counter[str]]:
    """By ranges of the primary key: times have no index, and a range without old events costs little."""
    ends = Event.objects.aggregate(first=Min("id"), last=Max("id"))
    if ends["first"] is None:
        return
    old = Event.objects.filter(at__lt=before, job__status__in=FINISHED)
    for low in range(ends["first"], ends["last"] + 1, EVENTS_AT_ONCE):
        removed, _ = old.filter(id__gte=low, id__lt=low + EVENTS_AT_ONCE).delete()
        yield Counter({"events": removed})


def prune_the_rest(before: datetime) -> Counter[str]:
    """Wake-ups that nobody received, supervisors of other hosts without a heartbeat, expired sessions and keys."""
    wakeups = wakeup.delete_old(before)
    IdempotencyKey.objects.filter(created_at__lt=before).delete()
    workers, _ = Supervisor.objects.filter(heartbeat_at__lt=before).delete()
    call_command("clearsessions")
    return Counter({"wakeups": wakeups, "workers": workers})
