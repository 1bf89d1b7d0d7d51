"""The report of a dry run, in the API and on the page of its run."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Field, Router, Schema

from jobs.models import Job
from jobs.permissions import VIEW
from jobs.web.api.auth import acting
from jobs.web.api.lists import paged
from jobs.web.schemas import error_bodies
from scenes.models import DryRunItem
from scenes.workflows import ProcessNewScenes

SHOWN = 200  # lines of each step on the page
FIELDS = ("step", "kind", "key", "name", "action", "target", "outcome", "code", "message")

router = Router(tags=["jobs"])


class DryRunLine(Schema):
    id: int
    step: str = Field(description="Key of the step that would do it")
    kind: str = Field(description=f"One of {', '.join(DryRunItem.Kind.values)}")
    key: str = Field(description="Hash of a torrent, also of its files; id of a scene or plan")
    name: str
    action: str = Field(description=f"What would be done, of {', '.join(DryRunItem.Action.values)}; empty: nothing")
    target: str = Field(description="Where a file would be, as StashHog sees it")
    outcome: str = Field(description="How the run would have left it: done, waiting, not_wanted, failed, quarantined")
    code: str
    message: str


@router.get(
    "/{uuid:job_id}/report",
    auth=acting(VIEW),
    response={200: list[DryRunLine], **error_bodies(400, 401, 403, 404)},
    summary="What a dry run would have done",
)
@paged(order=("pk",))
def report(request: HttpRequest, job_id: uuid.UUID) -> QuerySet[DryRunItem]:
    """The lines of a run, or of one of its sub-jobs, in the order of the steps. Empty for a run that was none."""
    return DryRunItem.objects.of(Job.objects.only("pk").get(pk=job_id))


@dataclass(frozen=True)
class StepReport:
    """A step's part of the report on the page; ``hidden``: lines that are not shown of its ``count``."""

    key: str
    name: str
    lines: list[DryRunItem]
    count: int

    @property
    def hidden(self) -> int:
        return self.count - len(self.lines)


def sections_of(job: Job) -> list[StepReport]:
    """One for each step that has lines, in their order: a query each, and one."""
    items = DryRunItem.objects.of(job)
    counts = dict(items.order_by().values_list("step").annotate(count=Count("pk")))
    names = {step.key: step.name for step in ProcessNewScenes.steps()}
    return [
        StepReport(key, gettext(name), list(items.filter(step=key)[:SHOWN]), counts[key])
        for key, name in names.items()
        if key in counts
    ]


def lines_of(job: Job) -> list[dict[str, Any]]:
    """All of them, as for JSON."""
    return list(DryRunItem.objects.of(job).values(*FIELDS))
