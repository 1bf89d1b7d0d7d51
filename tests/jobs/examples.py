"""Tasks and workflows made of nothing, to test the engine with."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Params
from jobs.declare.registry import JobSpec, Report, get_task, task, workflow
from jobs.declare.workflows import Skip, Workflow, step
from jobs.errors import JobError
from jobs.models import Job
from jobs.waiting import Waiter

behaviour: dict[str, Any] = {}  # job type or step key → what the next one raises


def _maybe_raise(key: str) -> None:
    error = behaviour.get(key)
    if callable(error):
        error = error()
    if error is not None:
        raise error


class ExampleParams(Params):
    errors: int = Field(0, ge=0, le=10)


class FollowedParams(Params):
    follow: bool = True


class ExampleRunParams(Params):
    skip: list[str] = []
    batches: int = Field(2, ge=0, le=50)
    max_parallel_batches: int = Field(2, ge=1, le=50)
    max_attempts: int = Field(2, ge=1, le=10)
    retry_delay: int = Field(0, ge=0, le=10)


@task("example", params=ExampleParams, report=lambda job: Report({}, job.params["errors"]))
def example(job: JobContext) -> None:
    job.progress(0, 2, "First half")
    _maybe_raise("example")
    job.progress(2, 2, "Second half")


@task("example_locked", lock="examples")
def example_locked(job: JobContext) -> None:
    _maybe_raise("example_locked")


@task("example_first", params=FollowedParams)
def example_first(job: JobContext) -> None:
    _maybe_raise("example_first")


@task("example_second", follow_up=lambda job: {} if job.params["follow"] else None)
def example_second(job: JobContext) -> None:
    _maybe_raise("example_second")


@workflow
class ExampleWorkflow(Workflow):
    """Three steps: a required one, one with batches, one that may be skipped."""

    type = "example_workflow"
    params = ExampleRunParams

    @step("Needed", shown=(5, 20), required=True)
    def needed(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        _maybe_raise("needed")
        return [get_task("example").job()]

    @step("Batches", shown=(30, 80), left_out_at=80)
    def batches(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        _maybe_raise("batches")
        if not run.params["batches"]:
            raise Skip("Nothing there", at=80)
        return [get_task("example_first").job(then="example_second") for _ in range(run.params["batches"])]

    @step("Last", shown=(90, 100))
    def last(self, run: Job, waiter: Waiter) -> list[JobSpec]:
        _maybe_raise("last")
        return [get_task("example_locked").job()]

    def parallel(self, key: str, run: Job) -> int:
        return run.params["max_parallel_batches"] if key == "batches" else 1

    def report(self, run: Job) -> Report:
        statuses = list(run.sub_jobs.order_by("created_at").values_list("status", flat=True))
        return Report({"status": run.status, "jobs": len(statuses), "done": statuses.count("completed")})


def lose_worker() -> JobError:
    return JobError("away", "The service is away.")
