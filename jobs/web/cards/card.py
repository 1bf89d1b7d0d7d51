"""What a job's card shows beside its state: steps with sub-jobs and failures, the parts of its bar, what came of it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, Model, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from jobs import engine
from jobs.declare.items import Done, items
from jobs.models import FINISHED, Batch, Event, Job, Status, Step
from jobs.models.compiled import AnyOf, Compiled, Given
from jobs.web.cards.expected import seconds_left, usual_seconds
from jobs.web.cards.failed import NONE, Failing, Failures, failing, failures_of
from jobs.web.cards.snapshot import RUN, Snapshot, load

FEW = 6  # sub-jobs of a step that are all shown; of more there is a count, those at work, those that went wrong, a list
MOST_AT_WORK, MOST_WRONG = 8, 6  # sub-jobs that are shown then
OF_EVENTS = ("at", "kind", "level", "message", "attempt", "job__type", "job__parent", "job__batch__number")
SIGN_OF_LIFE = timedelta(seconds=30)
WENT_WRONG = (Status.FAILED, Status.COMPLETED_WITH_ERRORS)
MAX_EVENTS = 20  # the newest ones; the page of the log has them all


@dataclass(frozen=True)
class BatchCount:
    """Of a step with many batches: how many are in each state."""

    all: int
    ended: int
    at_work: int
    went_wrong: int
    cancelled: int


def columns_of(row: Model) -> dict[str, Any]:
    """What was read of it."""
    return {name: value for name, value in vars(row).items() if name != "_state"}


@dataclass(frozen=True)
class Section:
    """A step on the card. ``weight``: its part of the whole bar in percent; ``filled``: of that part, in percent.

    ``usual``: seconds that it took in earlier runs, None if unknown. ``batches``: of a step that has several;
    ``is_cut``: not all of its sub-jobs are shown. ``retry``: whether what failed of it can be retried apart.
    """

    run: Job
    step: Step
    weight: int
    filled: int
    sub_jobs: list[Job]
    current: bool
    is_cut: bool = False
    batches: BatchCount | None = None
    failures: Failures = NONE
    usual: float | None = None
    retry: bool = False

    @property
    def made_of(self) -> tuple[Any, ...]:
        """All that is shown of it, but for its part of the bar."""
        rows = [columns_of(row) for row in (self.step, *self.sub_jobs)]
        shown = (self.current, self.is_cut, self.batches, self.failures, self.usual, self.retry)
        return self.run.status, rows, *shown

    @property
    def retries_parts(self) -> bool:
        """A single part that failed is retried with the run or the step."""
        return sum(job.can_be_retried for job in self.sub_jobs) > 1


@dataclass(frozen=True)
class Card:
    """A job with all that its page shows. ``cut``: the log had more events than are shown.

    ``left``: seconds until its end as it usually goes, None if unknown. ``failures``: of a job without steps.
    """

    snapshot: Snapshot
    sections: list[Section]
    log: list[Event]
    cut: bool
    done: list[Done] = field(default_factory=list)
    failures: Failures = NONE
    left: float | None = None
    worker_alive: bool = True

    @property
    def job(self) -> Job:
        return self.snapshot.job

    @property
    def log_made_of(self) -> tuple[Any, ...]:
        """All that is shown of the log: an event never changes."""
        return [event.pk for event in self.log], self.cut

    @property
    def happened(self) -> bool:
        """Whether there is anything to say of what it did."""
        return bool(self.done or self.failures.count or self.job.result)


def card_of(snapshot: Snapshot) -> Card:
    """The card of a job: a number of queries that does not grow with it."""
    job, usual = snapshot.job, usual_seconds(snapshot.job)
    log = newest_events(run=job.pk)
    return Card(
        snapshot,
        sections_of(snapshot, usual),
        log[:MAX_EVENTS],
        len(log) > MAX_EVENTS,
        items().done(job) if job.status in FINISHED else [],
        NONE if snapshot.steps and job.is_active else failures_of(job, running=running_of([job])),
        seconds_left(snapshot.steps, usual) if job.is_active else None,
        not job.is_active or seen_at_work(snapshot) or engine.worker_alive(),
    )


def seen_at_work(snapshot: Snapshot) -> bool:
    """Whether what is at work changed a moment ago: then there is a worker."""
    since = timezone.now() - SIGN_OF_LIFE
    return any(job.status == Status.RUNNING and job.updated_at > since for job in snapshot.active)


def read_card(job_id: uuid.UUID) -> Card:
    """The card of one job as it is now. Raises Job.DoesNotExist."""
    return card_of(load([Job.objects.select_related("started_by").get(pk=job_id)])[0])


def events_of(job_id: uuid.UUID | Given) -> QuerySet[Event]:
    """The events of a job and of its sub-jobs, with what is said of these: their parameters may be large.

    ``in_batches``: whether its step has several, so that the number tells them apart.
    """
    rows = Event.objects.filter(job__in=Job.objects.of_run(job_id)).select_related("job", "job__batch")
    others = Batch.objects.filter(step=OuterRef("job__step"), number=2)
    return rows.only(*OF_EVENTS).annotate(in_batches=Exists(others))


newest_events = Compiled(lambda: events_of(RUN).order_by("-id")[: MAX_EVENTS + 1])


def running_of(jobs: Iterable[Job]) -> list[Failing]:
    """Those that are at work, and in which something failed; at most one query."""
    return failing([job for job in jobs if job.status == Status.RUNNING])


def sections_of(snapshot: Snapshot, usual: dict[str, float] | None = None) -> list[Section]:
    """The steps, each with the part of the bar from the end of the one before to its own."""
    run, usual = snapshot.job, usual or {}
    counts = counts_of(run) if snapshot.steps else {}
    shown = shown_sub_jobs(run, {step: count.jobs for step, count in counts.items()}) if counts else {}
    running = running_of(snapshot.active)
    several = sum(step.can_be_retried for step in snapshot.steps) > 1
    sections, begin = [], 0
    for step in snapshot.steps:
        weight, count = step.shown_to - begin, counts.get(step.pk, StepCount())
        at_work = [sub_job for sub_job in running if sub_job.job.step_id == step.pk]
        filled = 100 * (run.percent - begin) // weight if weight > 0 else 100
        sections.append(
            Section(
                run=run,
                step=step,
                weight=weight,
                filled=max(0, min(100, filled)),
                sub_jobs=shown.get(step.pk, []),
                current=run.is_active and step == snapshot.current_step,
                is_cut=count.jobs > FEW,
                batches=count.batches if count.batches and count.batches.all > 1 else None,
                failures=failures_of(run, step.key, at_work) if count.errors or at_work else NONE,
                usual=usual.get(step.key) if run.is_active else None,
                retry=step.can_be_retried and (several or run.is_active),
            )
        )
        begin = step.shown_to
    return sections


@dataclass(frozen=True)
class StepCount:
    """How much there is of a step."""

    jobs: int = 0
    errors: int = 0
    batches: BatchCount | None = None


def counts_of(run: Job) -> dict[int, StepCount]:
    """By the primary key of the step; two queries."""
    batches = {step: BatchCount(*counts) for step, *counts in states_of_batches(run=run.pk)}
    found = sub_jobs_by_step(run=run.pk)
    return {step: StepCount(count, failed, batches.get(step)) for step, count, failed in found if step}


states_of_batches = Compiled(
    lambda: (
        Batch.objects.filter(step__run=RUN)
        .order_by()
        .values_list("step")
        .annotate(
            all=Count("pk"),
            ended=Count("pk", filter=Q(status__in=FINISHED)),
            at_work=Count("pk", filter=Q(status=Status.RUNNING)),
            went_wrong=Count("pk", filter=Q(status__in=WENT_WRONG)),
            cancelled=Count("pk", filter=Q(status=Status.CANCELLED)),
        )
    )
)
sub_jobs_by_step = Compiled(
    lambda: (
        Job.objects.filter(parent=RUN, step__isnull=False)
        .order_by()
        .values_list("step")
        .annotate(count=Count("pk"), failed=Sum("errors"))
    )
)


def shown_sub_jobs(run: Job, counts: dict[int, int]) -> dict[int, list[Job]]:
    """By step: all of a few, of many those at work and those that went wrong; at most three queries."""
    many = [step for step, count in counts.items() if count > FEW]
    found = all_of_steps(run=run.pk, steps=counts.keys() - set(many))
    if many:
        found += at_work_of_steps(run=run.pk, steps=many)
        found += wrong_of_steps(run=run.pk, steps=many)
    by_step: dict[int, list[Job]] = defaultdict(list)
    for job in found:
        if job.step_id is not None:
            by_step[job.step_id].append(job)
    return by_step


def _of_steps() -> QuerySet[Job]:
    rows = Job.objects.filter(parent=RUN, step__in=AnyOf("steps", BigIntegerField()))
    return rows.defer("params").select_related("batch").order_by("batch__number", "created_at")


all_of_steps = Compiled(_of_steps)
at_work_of_steps = Compiled(lambda: _of_steps().filter(status=Status.RUNNING)[:MOST_AT_WORK])
wrong_of_steps = Compiled(lambda: _of_steps().filter(status__in=WENT_WRONG)[:MOST_WRONG])
