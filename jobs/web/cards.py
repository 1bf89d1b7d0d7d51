"""What a job's card shows beside its state: its steps with their sub-jobs, the parts of its bar, its log."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass

from jobs.models import ACTIVE, UNSUCCESSFUL, Event, Job, Status, Step
from jobs.web.snapshot import Snapshot, load

MAX_SUB_JOBS = 24  # of one step; the list in the API has them all
MAX_EVENTS = 100  # the newest ones; the list in the API has them all


@dataclass(frozen=True)
class Section:
    """A step on the card. ``weight``: its part of the whole bar in percent; ``filled``: of that part, in percent."""

    step: Step
    weight: int
    filled: int
    sub_jobs: list[Job]
    hidden: int
    current: bool
    batches: bool


@dataclass(frozen=True)
class Card:
    """A job with all that its page shows. ``cut``: the log had more events than are shown."""

    snapshot: Snapshot
    sections: list[Section]
    log: list[Event]
    cut: bool

    @property
    def job(self) -> Job:
        return self.snapshot.job


def card_of(snapshot: Snapshot) -> Card:
    """The card of a job; three queries."""
    events = Event.objects.filter(job__in=Job.objects.of_run(snapshot.job.pk)).select_related("job")
    log = list(events.order_by("-id")[: MAX_EVENTS + 1])
    return Card(snapshot, sections_of(snapshot), log[:MAX_EVENTS], len(log) > MAX_EVENTS)


def read_card(job_id: uuid.UUID) -> Card:
    """The card of one job as it is now. Raises Job.DoesNotExist."""
    return card_of(load([Job.objects.select_related("started_by").get(pk=job_id)])[0])


def sections_of(snapshot: Snapshot) -> list[Section]:
    """The steps, each with the part of the bar from the end of the one before to its own."""
    by_step: dict[int | None, list[Job]] = defaultdict(list)
    if snapshot.steps:
        sub_jobs = Job.objects.filter(parent=snapshot.job).defer("params").select_related("batch")
        for sub_job in sub_jobs.order_by("batch__number", "created_at"):
            by_step[sub_job.step_id].append(sub_job)
    sections, begin = [], 0
    for step in snapshot.steps:
        shown, weight = most_telling(by_step[step.pk]), step.shown_to - begin
        filled = 100 * (snapshot.job.percent - begin) // weight if weight > 0 else 100
        sections.append(
            Section(
                step=step,
                weight=weight,
                filled=max(0, min(100, filled)),
                sub_jobs=shown,
                hidden=len(by_step[step.pk]) - len(shown),
                current=snapshot.job.is_active and step == snapshot.current_step,
                batches=snapshot.batches.get(step.pk, 0) > 1,
            )
        )
        begin = step.shown_to
    return sections


def most_telling(jobs: list[Job]) -> list[Job]:
    """At most MAX_SUB_JOBS, in their order: those at work and those that went wrong before all others."""

    def rank(job: Job) -> tuple[int, int]:
        number = job.batch.number if job.batch else 0
        if job.status == Status.RUNNING:
            return 0, number
        if job.status in UNSUCCESSFUL:
            return 1, number
        return (2, number) if job.status in ACTIVE else (3, -number)

    chosen = {job.pk for job in sorted(jobs, key=rank)[:MAX_SUB_JOBS]}
    return [job for job in jobs if job.pk in chosen]
