"""Jobs with all that is shown of them, read with a constant number of queries however many they are."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Sum, prefetch_related_objects

from jobs.engine.holding import QUIET
from jobs.models import ACTIVE, FINISHED, Batch, Job, Status, Step

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
        """What the job is doing; of a run, what its running sub-job says ("Batch 2 of 5: item 37 of 100").

        While none runs, what the next one waits for.
        """
        talking = [sub_job for sub_job in self.active if sub_job.message]
        if self.job.status != Status.RUNNING or not talking:
            return self.job.message
        sub_job = talking[0]
        batches = self.batches.get(sub_job.step_id or 0, 1)
        if batches == 1 or sub_job.batch is None:
            return sub_job.message
        return f"{sub_job.batch} of {batches}: {sub_job.message[:1].lower()}{sub_job.message[1:]}"

    @property
    def is_quiet(self) -> bool:
        """Whether it, or a part of it, waits for the end of quiet hours, so that a person may have it go on now."""
        return any(job.message.startswith(QUIET) and job.is_active for job in (self.job, *self.active))


def load(jobs: Iterable[Job], versions: Mapping[uuid.UUID, int] | None = None) -> list[Snapshot]:
    """The jobs, in their order. One query for each of versions, steps, active sub-jobs, batches and their counts.

    ``versions``: read before; what is read now is as new as they say, or newer.
    """
    jobs = list(jobs)
    prefetch_related_objects([job for job in jobs if job.parent_id], "batch")
    versions = versions_of(jobs) if versions is None else versions
    snapshots = {job.pk: Snapshot(job, versions[job.pk]) for job in jobs}
    for step in Step.objects.filter(run__in=snapshots).order_by("run", "index"):
        snapshots[step.run_id].steps.append(step)
    active = Job.objects.filter(parent__in=snapshots, status__in=ACTIVE).select_related("batch")
    for sub_job in active.defer("params").order_by(*ORDER):
        assert sub_job.parent_id is not None
        snapshots[sub_job.parent_id].active.append(sub_job)
    batches = batch_counts(snapshots)
    for item in snapshots.values():
        item.active.sort(key=lambda sub_job: sub_job.status != Status.RUNNING)
        del item.active[MAX_ACTIVE:]
        item.batches = batches[item.job.pk]
    return list(snapshots.values())


def versions_of(jobs: Iterable[Job]) -> dict[uuid.UUID, int]:
    """Each job's version with those of its sub-jobs added up."""
    own = {job.pk: job.version for job in jobs}
    below = Job.objects.filter(parent__in=own).order_by().values("parent")
    sums = dict(below.annotate(sum=Sum("version")).values_list("parent", "sum"))
    return {pk: version + sums.get(pk, 0) for pk, version in own.items()}


def batch_counts(runs: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[int, int]]:
    """How many batches the steps of each run have, by run and step."""
    counted = (
        Batch.objects.filter(step__run__in=runs).order_by().values_list("step__run", "step").annotate(count=Count("pk"))
    )
    batches: dict[uuid.UUID, dict[int, int]] = defaultdict(dict)
    for run, step, count in counted:
        batches[run][step] = count
    return batches
