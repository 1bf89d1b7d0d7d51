"""The sub-job `apply_plan`: approved changes, mostly those of a plan → Stash."""

from __future__ import annotations

from jobs.context import JobContext
from jobs.declare.registry import task
from jobs.models import Job
from scenes import services
from scenes.permissions import REVIEW
from scenes.plans.reporting import apply_plan_params, report
from scenes.tasks.plan_selection import SelectionParams, put_in_batch, rows_of


def on_start(job: Job) -> None:
    put_in_batch(job, rows_of(job))


@task(
    "apply_plan",
    lock="library",
    params=SelectionParams,
    report=report,
    follow_up=apply_plan_params,
    on_start=on_start,
    permission=REVIEW,
)
def apply_plan(job: JobContext) -> None:
    from scenes.plans.applying import apply, check_plan
    from scenes.plans.guard import refuse_another_library

    refuse_another_library()
    check_plan(job.params["plan_id"])
    apply(job, services.stash(job), rows_of(job.job))
