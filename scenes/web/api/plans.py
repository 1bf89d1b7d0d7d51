"""The routes below /api/plans, /api/changes and /api/scenes: what is proposed, deciding on it, and what came of it."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from jobs.declare.ids import BIGGEST_ID
from jobs.permissions import require
from jobs.web.api.auth import acting
from jobs.web.api.idempotency import DOCUMENTED, idempotent
from jobs.web.api.lists import paged
from jobs.web.schemas import error_bodies
from scenes.models import Change, Plan, Scene
from scenes.models.reviewed import Via
from scenes.permissions import CHANGE_RULES, REVIEW, VIEW, VIEW_CHANGES, VIEW_PLANS
from scenes.plans.review import deciding, editing
from scenes.plans.review.counting import with_counts
from scenes.plans.review.deciding import Decider
from scenes.plans.review.history import written
from scenes.plans.review.never_again import reject_everywhere
from scenes.plans.review.selection import Selection
from scenes.plans.review.starting import start_applying, start_reverting, to_reject
from scenes.web.api.plan_schemas import (
    STATUSES,
    Application,
    Approval,
    ChangeState,
    Chosen,
    DecidedChanges,
    Edit,
    HistoryEntry,
    HistoryPages,
    PlanState,
    Rejection,
    RenamedTags,
    Renaming,
    StartedOnChanges,
)

plans_router, changes_router, history_router = Router(tags=["plans"]), Router(tags=["plans"]), Router(tags=["plans"])
StatusName = Literal[STATUSES]  # type: ignore[valid-type]
AnId: Any = Query(None, ge=1, le=BIGGEST_ID)  # type: ignore[type-arg]
ACTING: dict[str, Any] = {"auth": acting(REVIEW)}
ERRORS = error_bodies(400, 401, 403, 404, 409, 413)
STARTING: dict[str, Any] = {
    **ACTING,
    "response": {201: StartedOnChanges, **ERRORS, **error_bodies(422)},
    "openapi_extra": DOCUMENTED,
}
WITH_PEOPLE = ("applied_in", "decided_by", "edited_by", "reverted_by")


def who(request: HttpRequest) -> Decider:
    return Decider(Via.API, request.user)  # type: ignore[arg-type]


def one_change(change_id: int) -> ChangeState:
    return ChangeState.of(get_object_or_404(Change.objects.select_related(*WITH_PEOPLE), pk=change_id))


@plans_router.get(
    "", auth=acting(VIEW_PLANS), response={200: list[PlanState], **error_bodies(400, 401, 403)}, summary="List plans"
)
@paged(shown=lambda plans: [PlanState.of(plan) for plan in plans])
def list_plans(request: HttpRequest, status: StatusName | None = None) -> QuerySet[Plan]:
    """Newest first; with `status` those that have changes of it.

    The next, older page is at `?cursor=` with the value of `next`, until that is null.
    """
    plans = Plan.objects.all()
    if status:
        plans = plans.filter(pk__in=Change.objects.filter(status=status).order_by().values("plan"))
    return with_counts(plans)


@plans_router.get(
    "/{int:plan_id}",
    auth=acting(VIEW_PLANS),
    response={200: PlanState, **error_bodies(400, 401, 403, 404)},
    summary="One plan",
)
def get_plan(request: HttpRequest, plan_id: int) -> PlanState:
    return PlanState.of(get_object_or_404(with_counts(Plan.objects.all()), pk=plan_id))


@changes_router.get(
    "",
    auth=acting(VIEW_CHANGES),
    response={200: list[ChangeState], **error_bodies(400, 401, 403)},
    summary="List changes",
)
@paged(shown=lambda changes: [ChangeState.of(change) for change in changes])
def list_changes(
    request: HttpRequest,
    plan_id: int | None = AnId,
    scene_id: int | None = AnId,
    tag: str = Query("", max_length=255),  # type: ignore[type-arg]
    status: StatusName | None = None,
    kind: str = Query("", max_length=20),  # type: ignore[type-arg]
    detector: str = Query("", max_length=30),  # type: ignore[type-arg]
) -> QuerySet[Change]:
    """Newest first, those that fit all that is given."""
    rows = Selection(plan_id, scene_id, tag.strip()).rows().select_related(*WITH_PEOPLE)
    given = {"status": status, "kind": kind, "detector": detector}
    return rows.filter(**{name: value for name, value in given.items() if value})


@changes_router.get(
    "/{int:change_id}",
    auth=acting(VIEW_CHANGES),
    response={200: ChangeState, **error_bodies(400, 401, 403, 404)},
    summary="One change",
)
def get_change(request: HttpRequest, change_id: int) -> ChangeState:
    return one_change(change_id)


@changes_router.patch("/{int:change_id}", **ACTING, response={200: ChangeState, **ERRORS}, summary="Edit a change")
def edit_change(request: HttpRequest, change_id: int, body: Edit) -> ChangeState:
    """Before it is written; 409 when it is, or when somebody else edits it at the same time."""
    try:
        editing.edit(change_id, body.given(), who(request))
    except Change.DoesNotExist:
        raise Http404 from None
    return one_change(change_id)


@changes_router.post("/approve", **ACTING, response={200: DecidedChanges, **ERRORS}, summary="Approve changes")
def approve(request: HttpRequest, body: Approval) -> dict[str, int]:
    """The next run writes them, or `/api/changes/apply` at once."""
    rows = body.selection().known().rows()
    changed = deciding.approve(rows, who(request), also_rejected=body.also_rejected)
    return {"matched": rows.count(), "changed": changed}


@changes_router.post("/reject", **ACTING, response={200: DecidedChanges, **ERRORS}, summary="Reject changes")
def reject(request: HttpRequest, body: Rejection) -> dict[str, int]:
    """They are not written, and not proposed again for their scenes. What is written already is not touched."""
    if body.never_again:
        require(request.user, CHANGE_RULES)
    rows = body.selection().known().rows()
    act = reject_everywhere if body.never_again else deciding.reject
    changed = act(rows, who(request))
    return {"matched": rows.count(), "changed": changed}


@changes_router.post("/rename-tag", **ACTING, response={200: RenamedTags, **ERRORS}, summary="Rename a proposed tag")
def rename_tag(request: HttpRequest, body: Renaming) -> dict[str, int]:
    """Of those changes that are not written yet. The titles of markers follow where they are the tag's name."""
    return vars(editing.rename_tag(body.selection().known().rows(), body.tag, body.name, who(request)))


@changes_router.post("/apply", **STARTING, summary="Write changes to Stash")
@idempotent
def apply(request: HttpRequest, body: Application) -> Status[dict[str, Any]]:
    """Starts the job `apply_plan` for those that are approved; 409 when none is."""
    selection = body.selection().known()
    changed = deciding.approve(selection.rows(), who(request)) if body.approve else 0
    job = start_applying(selection, who(request), "api")
    return Status(201, {"job_id": job.pk, "matched": selection.rows().count(), "changed": changed})


@changes_router.post("/revert", **STARTING, summary="Take changes back")
@idempotent
def revert(request: HttpRequest, body: Chosen) -> Status[dict[str, Any]]:
    """Starts the job `revert_plan`, and rejects what is not written yet; 409 when there is nothing to take back."""
    selection = body.selection().known()
    before = selection.rows().filter(deciding.TO_TAKE_BACK).count()
    rejected = to_reject(selection)
    job = start_reverting(selection, who(request), "api")
    counts = {"matched": selection.rows().count(), "changed": before, "rejected": rejected}
    return Status(201, {"job_id": job.pk, **counts})


@history_router.get(
    "/{int:scene_id}/history",
    auth=acting(VIEW),
    response={200: list[HistoryEntry], **error_bodies(400, 401, 403, 404)},
    summary="Why its tags and markers are there",
)
@paged(HistoryPages, shown=lambda changes: [HistoryEntry.of(change) for change in changes])
def scene_history(request: HttpRequest, scene_id: int) -> QuerySet[Change]:
    """All that StashHog wrote to the scene, newest first: what saw it, by which rule, when, and who approved it."""
    get_object_or_404(Scene.objects.only("pk"), pk=scene_id)
    return written(Change.objects.filter(scene=scene_id))
