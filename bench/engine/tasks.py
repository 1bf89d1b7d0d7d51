"""What each of them does: nothing."""

from __future__ import annotations

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import JobSpec, get_task, task, workflow
from jobs.declare.workflows import Workflow, step
from jobs.models import Job
from jobs.waiting import Waiter


class ManyParams(Params):
    jobs: int = Field(1, ge=1, le=100_000)


@task("bench_small")
def bench_small(job: JobContext) -> None:
    job.checkpoint()


@workflow
class BenchMany(Workflow):
    """Small jobs and nothing else."""

    type = "bench_many"
    params = ManyParams

    @step("Small", shown=(0, 100))
    def small(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        return [get_task("bench_small").job() for _ in range(run.params["jobs"])]

    def parallel(self, key: str, run: Job) -> int:
        return 2
