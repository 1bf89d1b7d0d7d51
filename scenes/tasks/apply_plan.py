"""The sub-job `apply_plan`: a plan's approved changes → Stash."""

from __future__ import annotations

from pydantic import Field

from jobs.context import JobContext
from jobs.declare.params import Id, Params
from jobs.declare.registry import task
from jobs.models import Job
from scenes import services
from scenes.models import Plan
from scenes.plans.reporting import apply_plan_params, report


class ApplyPlanParams(Params):
    plan_id: Id = Field(description="The plan whose approved changes are written.")


def put_in_batch(job: Job) -> None:
    """Link the plan to the batch of a new job, so that no other one applies it meanwhile."""
    assert job.batch is not None
    job.batch.plans.add(*Plan.objects.filter(pk=job.params["plan_id"]))


@task(
    "apply_plan",
    lock="library",
    params=ApplyPlanParams,
    report=report,
    follow_up=apply_plan_params,
    on_start=put_in_batch,
)
def apply_plan(job: JobContext) -> None:
    from scenes.plans.applying import apply, plan_with
    from scenes.plans.guard import refuse_another_library

    refuse_another_library()
    plan = plan_with(job.params["plan_id"])
    apply(job, services.stash(job), plan)
