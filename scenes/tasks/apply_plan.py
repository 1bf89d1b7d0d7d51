"""The sub-job `apply_plan`: a plan's approved changes → Stash."""

from __future__ import annotations

from jobs.context import JobContext
from jobs.declare.ids import BIGGEST_ID
from jobs.declare.registry import Param, task, whole_number
from scenes import services
from scenes.plans.reporting import apply_plan_params, report

PARAMS = {"plan_id": Param(None, whole_number(1, BIGGEST_ID), "The plan whose approved changes are written.", True)}


@task("apply_plan", lock="library", params=PARAMS, report=report, follow_up=apply_plan_params)
def apply_plan(job: JobContext) -> None:
    from scenes.plans.applying import apply, plan_with
    from scenes.plans.guard import refuse_another_library

    refuse_another_library()
    plan = plan_with(job.params["plan_id"])
    apply(job, services.stash(job), plan)
