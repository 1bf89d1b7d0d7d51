"""Jobs with all that is shown of them, read with a constant number of queries however many they are."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Case, Count, Sum, UUIDField, When, prefetch_related_objects

from jobs.engine.holding import QUIET
from jobs.models import FINISHED, Batch, Job, Status, Step
from jobs.models.compiled import AnyOf, Compiled, Given
from jobs.texts.translatable import Translatable as _

ORDER = ("created_at", "batch__number")
MAX_ACTIVE = 20  # active sub-jobs shown of one run; hundreds may be queued


@dataclass
class Snapshot:
    """A job, its steps, its active sub-jobs (the running ones first), and how many batches each step has.

    ``version`` rises with every change of the job or of one of its sub-jobs.
    """

    job: Job
    version: int
    steps: list[Step] = field(default_factory=list)
    active: list[Job] = field(default_factory=list)
    batches: dict[int, int] = field(default_factory=dict)  # by the step's primary key

    @property
    def current_step(self) -> Step | None:
        """The step at work; before the first one or between two, the next; after the end, the last reached."""
        reached = [step for step in self.steps if step.status != Status.PENDING]
        running = [step for step in reached if step.status == Status.RUNNING]
        if running:
            return running[0]
        if self.job.status in FINISHED:
            return reached[-1] if reached else None
        return next((step for step in self.steps if step.status == Status.PENDING), None)

    @property
    def message(self) -> str:
        """What the job is doing; of a run, what the running sub-job of its step says ("Batch 2 of 5: item 37 of 100").

        While none runs, what the next one waits for; between two steps, what the next step says.
        """
        step = self.current_step
        talking = [sub_job for sub_job in self.active if sub_job.message and (not step or sub_job.step_id == step.pk)]
        if self.job.status != Status.RUNNING or not self.steps:
            return self.job.message
        if not talking:
            # Not the name of the step before, which the run keeps as its message until the next one begins.
            is_of_another_step = self.job.message in {other.name for other in self.steps if other != step}
            return (step.message if step else "") if is_of_another_step else self.job.message
        sub_job = talking[0]
        batches = self.batches.get(sub_job.step_id or 0, 1)
        if batches == 1 or sub_job.batch is None:
            return sub_job.message
        text, number = sub_job.message, sub_job.batch.number
        whole = _("Batch {number} of {count}: {message}", number=number, count=batches, message=text)
        # In English what comes after the colon begins with a small letter.
        return _.restored(f"Batch {number} of {batches}: {text[:1].lower()}{text[1:]}", whole.form)

    @property
    def is_quiet(self) -> bool:
        """Whether it, or a part of it, waits for the end of quiet hours, so that a person may have it go on now."""
        return any(job.message.startswith(QUIET) and job.is_active for job in (self.job, *self.active))


def load(jobs: Iterable[Job], versions: Mapping[uuid.UUID, int] | None = None) -> list[Snapshot]:
    """The jobs, in their order. One query for each of versions, steps, counts of batches; one for each active run.

    ``versions``: read before; what is read now is as new as they say, or newer.
    """
    jobs = list(jobs)
    prefetch_related_objects([job for job in jobs if job.parent_id], "batch")
    versions = versions_of(jobs) if versions is None else versions
    snapshots = {job.pk: Snapshot(job, versions[job.pk]) for job in jobs}
    for step in steps_of(runs=snapshots):
        snapshots[step.run_id].steps.append(step)
    batches = batch_counts(snapshots)
    for item in snapshots.values():
        item.batches = batches[item.job.pk]
        if item.steps and item.job.is_active:  # of which there are few: one of each workflow
            item.active = active_of(item.job)
    return list(snapshots.values())


def active_of(run: Job) -> list[Job]:
    """The sub-jobs at work, then those that are queued: the first few."""
    return active_sub_jobs(run=run.pk)


def versions_of(jobs: Iterable[Job]) -> dict[uuid.UUID, int]:
    """Each job's version with those of its sub-jobs added up."""
    own = {job.pk: job.version for job in jobs}
    sums = dict(versions_below(runs=own))
    return {pk: version + sums.get(pk, 0) for pk, version in own.items()}


def batch_counts(runs: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[int, int]]:
    """How many batches the steps of each run have, by run and step."""
    batches: dict[uuid.UUID, dict[int, int]] = defaultdict(dict)
    for run, step, count in batches_of(runs=runs):
        batches[run][step] = count
    return batches


RUNS = AnyOf("runs", UUIDField())
RUN = Given("run", UUIDField())
steps_of = Compiled(lambda: Step.objects.filter(run__in=RUNS).order_by("run_id", "index"))
versions_below = Compiled(
    lambda: (
        Job.objects.filter(parent__in=RUNS)
        .order_by()
        .values("parent")
        .annotate(sum=Sum("version"))
        .values_list("parent", "sum")
    )
)
batches_of = Compiled(
    lambda: (
        Batch.objects.filter(step__run__in=RUNS).order_by().values_list("step__run", "step").annotate(count=Count("pk"))
    )
)
active_sub_jobs = Compiled(
    lambda: (
        Job.objects.filter(parent=RUN)
        .active()
        .defer("params")
        .select_related("batch")
        .order_by(Case(When(status=Status.RUNNING, then=0), default=1), *ORDER)[:MAX_ACTIVE]
    )
)
