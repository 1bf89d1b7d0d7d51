"""Examples that take their time, so that their worker can be killed meanwhile."""

from __future__ import annotations

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import JobSpec, get_task, task, workflow
from jobs.declare.workflows import Workflow, step
from jobs.models import Job
from jobs.waiting import Waiter


class SlowParams(Params):
    seconds: float = Field(60.0, ge=0, le=600)


class QuickParams(Params):
    batches: int = Field(4, ge=1, le=500)
    max_parallel_batches: int = Field(2, ge=1, le=16)


@task("slow_example", params=SlowParams)
def slow_example(job: JobContext) -> None:
    job.log("Begun")
    for done in range(int(job.params["seconds"] * 10)):
        job.progress(done, None, "Taking its time")
        job.pause(0.1)


@task("quick_example")
def quick_example(job: JobContext) -> None:
    job.progress(1, 1, "Quick")


@workflow
class QuickWorkflow(Workflow):
    """Two empty steps and some batches."""

    type = "quick_workflow"
    params = QuickParams

    @step("First", shown=(0, 10), required=True)
    def first(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("quick_example").job()]

    @step("Batches", shown=(10, 90))
    def batches(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("quick_example").job(then="quick_example") for _ in range(run.params["batches"])]

    @step("Last", shown=(90, 100))
    def last(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("quick_example").job()]

    def parallel(self, key: str, run: Job) -> int:
        return run.params["max_parallel_batches"] if key == "batches" else 1
