"""Examples whose task or decision calls back into the test half-way, so that anything can happen just then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Sum
from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import JobSpec, Report, get_task, task, workflow
from jobs.declare.workflows import Skip, Workflow, step
from jobs.models import Event, Job
from jobs.waiting import Waiter

Act = Callable[[str, JobContext], None]  # what happens half-way: the job's type or the step's key, and the job

_acts: list[Act] = []
cleaned_up: list[Job] = []  # whose ``on_cancel`` was called


@contextmanager
def acting(act: Act) -> Iterator[None]:
    """Call ``act`` in the middle of every task and decision of the block."""
    _acts.append(act)
    try:
        yield
    finally:
        _acts.remove(act)


def _half_way(key: str, waiter: Waiter) -> None:
    for act in list(_acts):
        assert isinstance(waiter, JobContext)
        act(key, waiter)


def counted(job: Job) -> Report:
    """From rows: an item is a line of the job's log, an error one of level ERROR."""
    lines = Event.objects.filter(job=job, kind="log")
    errors = lines.filter(level=Event.Level.ERROR).count()
    return Report({"items": lines.count() - errors}, errors)


def _work(job: JobContext) -> None:
    job.progress(0, 2, "First half")
    job.log("An item")
    _half_way(job.job.type, job)
    job.progress(1, 2, "Second half")
    job.log("Another item")
    job.progress(2, 2, "All done")


def _work_silently(job: JobContext) -> None:
    _half_way(job.job.type, job)


for _type, _lock, _does in (
    ("model_plain", "", _work),
    ("model_batch", "", _work),
    ("model_after", "model", _work),
    ("model_locked", "model", _work_silently),
    ("model_small", "", _work_silently),
):
    task(_type, lock=_lock, report=counted, on_cancel=cleaned_up.append)(_does)


class ModelParams(Params):
    skip: list[str] = []
    batches: int = Field(2, ge=0, le=500)
    small: bool = Field(False, description="What the batches are, so that workers may prefetch them.")
    max_parallel_batches: int = Field(2, ge=1, le=50)
    max_attempts: int = Field(2, ge=1, le=10)
    retry_delay: float = Field(0, ge=0, le=100)


@workflow
class ModelWorkflow(Workflow):
    """A required step, one with batches whose second halves exclude each other, and a locked one."""

    type = "model_workflow"
    params = ModelParams

    @step("Needed", shown=(5, 20), required=True)
    def needed(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        _half_way("needed", waiter)
        return [get_task("model_plain").job()]

    @step("Batches", shown=(30, 80), left_out_at=80)
    def batches(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        _half_way("batches", waiter)
        if not run.params["batches"]:
            raise Skip("Nothing there", at=80)
        if run.params["small"]:
            return [get_task("model_small").job() for _ in range(run.params["batches"])]
        return [get_task("model_batch").job(then="model_after") for _ in range(run.params["batches"])]

    @step("Last", shown=(90, 100))
    def last(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        _half_way("last", waiter)
        return [get_task("model_locked").job()]

    def parallel(self, key: str, run: Job) -> int:
        return run.params["max_parallel_batches"] if key == "batches" else 1

    def report(self, run: Job) -> Report:
        lines = Event.objects.filter(job__parent=run, kind="log").exclude(level=Event.Level.ERROR)
        errors: dict[str, Any] = run.sub_jobs.aggregate(sum=Sum("errors"))
        return Report({"status": run.status, "jobs": run.sub_jobs.count(), "items": lines.count(), **errors})
