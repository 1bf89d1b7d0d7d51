"""The items that failed in a job: of what has ended as events, of what is at work as it is so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from django.db.models import F, Q, QuerySet

from jobs.declare.items import Item, items
from jobs.engine.reporting import ITEM_FAILED, READ_AT_ONCE
from jobs.models import Event, Job, Status
from jobs.texts.translatable import Translatable, parameter

NAMED = 8  # of a step, on a card


@dataclass(frozen=True)
class Failures:
    """``first`` of ``count`` are named."""

    first: list[Item] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.first)


NONE = Failures()


@dataclass(frozen=True)
class Failing:
    """A job at work, and how many items failed in it so far."""

    job: Job
    count: int


def at_work(job: Job, step: str = "") -> list[Failing]:
    """It and its sub-jobs, as far as they run; two queries at most, with those in which nothing failed left out."""
    rows = Job.objects.filter(Q(pk=job.pk) | Q(parent=job), status=Status.RUNNING).order_by("created_at", "pk")
    return failing(list(rows.filter(step__key=step) if step else rows))


def failing(running: Sequence[Job]) -> list[Failing]:
    """Those of them in which something failed."""
    found = items().failing(running) if running else {}
    return [Failing(job, found[job.pk]) for job in running if job.pk in found]


def failed_page(job: Job, step: str, start: int, end: int) -> list[Item]:
    """Some of them, in the order of the steps; what is at work comes last."""
    rows = ended(job, step)
    found = [item_of(event) for event in rows[start:end]]
    if len(found) < end - start:
        before = rows.count() if not found else start
        found += islice(failing_now(job, step, end), max(0, start - before), max(0, end - before - len(found)))
    return found


def failing_now(job: Job, step: str, most: int) -> Iterator[Item]:
    return chain.from_iterable(items().failed(sub_job.job, min(most, READ_AT_ONCE)) for sub_job in at_work(job, step))


def failures_of(job: Job, step: str = "", running: Sequence[Failing] = ()) -> Failures:
    """``running``: what of it is at work and had something fail. Of that only what is named is read."""
    rows = ended(job, step)
    count = rows.count()
    first = [item_of(event) for event in rows[:NAMED]] if count else []
    for sub_job in running:
        left = NAMED - len(first)
        first += islice(items().failed(sub_job.job, left), left) if left else ()
    return Failures(first, count + sum(sub_job.count for sub_job in running))


def ended(job: Job, step: str = "") -> QuerySet[Event]:
    """What failed in it or in its sub-jobs that have ended, each in its last attempt; as events."""
    rows = Event.objects.filter(job__in=Job.objects.of_run(job.pk), kind=ITEM_FAILED, attempt=F("job__attempt"))
    return rows.filter(job__step__key=step).order_by("id") if step else rows.order_by("id")


def item_of(event: Event) -> Item:
    """Its texts are the message's, where that kept them translatable: JSON has the English ones alone."""
    texts = {key: str(event.data.get(key, "")) for key in ("name", "reason", "kind", "key")}
    kept = {key: parameter(event.message, key) for key in ("name", "reason")}
    return Item(**texts | {key: text for key, text in kept.items() if isinstance(text, Translatable)})
