"""The sub-job `revert_plan`: what changes did to Stash is taken back there."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from pydantic import Field

from jobs.context import JobContext
from jobs.declare.registry import task
from jobs.models import Job
from scenes import services
from scenes.permissions import REVIEW
from scenes.plans.reporting import revert_report
from scenes.plans.review.deciding import Decider, want_back
from scenes.tasks.plan_selection import SelectionParams, put_in_batch, rows_of


class RevertPlanParams(SelectionParams):
    rest: bool = Field(False, description=_("Only what was wanted back before and is not yet, after an outage."))


def on_start(job: Job) -> None:
    """Whoever starts it wants all of it back; it may wait for its turn."""
    rows = rows_of(job)
    if not job.params["rest"]:
        want_back(rows, Decider.of(job))
    put_in_batch(job, rows.to_revert())


@task(
    "revert_plan",
    lock="library",
    params=RevertPlanParams,
    report=revert_report,
    on_start=on_start,
    permission=REVIEW,
)
def revert_plan(job: JobContext) -> None:
    from scenes.plans.applying import check_plan
    from scenes.plans.guard import refuse_another_library
    from scenes.plans.reverting.reverting import revert

    refuse_another_library()
    check_plan(job.params["plan_id"])
    revert(job, services.stash(job), rows_of(job.job))
