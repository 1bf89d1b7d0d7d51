"""The parameters by which jobs on changes are told which."""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext_noop as _
from pydantic import AfterValidator, FailFast, Field

from jobs.declare.params import Id, Params
from jobs.models import Job
from scenes.models import Plan
from scenes.models.plans import ChangeQuerySet
from scenes.plans.review.selection import MAX_CHANGES, Selection

ChangeIds = Annotated[
    list[Id], Field(max_length=MAX_CHANGES), FailFast(), AfterValidator(lambda ids: list(dict.fromkeys(ids)))
]


class SelectionParams(Params):
    """Which changes; of what is given all has to fit."""

    plan_id: Id | None = Field(None, description=_("The changes of the plan of this number."))
    scene_id: Id | None = Field(None, description=_("The changes of the scene that has this number in Stash."))
    tag: str = Field("", max_length=255, description=_("The changes about the tag of this name."))
    change_ids: ChangeIds = Field([], description=_("The changes of these numbers."))


def rows_of(job: Job) -> ChangeQuerySet:
    """The changes that a job is about. Raises BadRequest when its parameters name none."""
    return Selection.of(job.params).rows()


def put_in_batch(job: Job, rows: ChangeQuerySet) -> None:
    """Link the plans of these changes to the batch of a new job, so that no run writes them meanwhile."""
    assert job.batch is not None
    plan_ids = rows.order_by().values("plan_id").distinct()
    job.batch.plans.add(*Plan.objects.filter(pk__in=plan_ids))
