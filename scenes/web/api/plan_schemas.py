"""The shapes of plans and changes in the API."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Schema

from jobs.declare.ids import BIGGEST_ID
from jobs.web.api.lists import Pages
from jobs.web.schemas import JobId, Time
from scenes.models import Change, LanguageModelQuestion, Plan
from scenes.plans.review import history
from scenes.plans.review.selection import MAX_CHANGES, Selection

Id = Annotated[int, Field(strict=True, ge=1, le=BIGGEST_ID)]
STATUSES = tuple(map(str, Change.Status.values))


class Chosen(Schema):
    """Which changes: of what is given all has to fit, and something has to be given."""

    plan_id: Id | None = Field(None, description="Changes of this plan")
    scene_id: Id | None = Field(None, description="Changes of this scene, by Stash's id")
    tag: str = Field("", max_length=255, description="Changes about the tag of this name, everywhere")
    change_ids: list[Id] = Field([], max_length=MAX_CHANGES, description="These changes")

    model_config = {"extra": "forbid"}

    def selection(self) -> Selection:
        """Raises BadRequest."""
        return Selection.of(self.model_dump())


class Approval(Chosen):
    also_rejected: bool = Field(False, strict=True, description="What was rejected or taken back is approved, too")


class Rejection(Chosen):
    never_again: bool = Field(
        False,
        strict=True,
        description="Nowhere: their tags get a rule that says that they are not wanted; needs scenes.change_tagrule",
    )


class Application(Chosen):
    approve: bool = Field(False, strict=True, description="Approve first what is proposed among them")


class Renaming(Chosen):
    """``tag`` is the old name."""

    tag: str = Field(max_length=255, min_length=1, description="The tag that is to be called otherwise")
    name: str = Field(max_length=255, description="Its new name")


class Edit(Schema):
    """What is to differ: of add_tag its name; of add_marker its tag, title and times (seconds; end may be null)."""

    name: str | None = None
    tag: str | None = None
    title: str | None = None
    start: float | None = Field(None, strict=True)
    end: float | None = Field(None, strict=True)

    model_config = {"extra": "forbid"}

    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class DecidedChanges(Schema):
    matched: int = Field(description="Changes that fit what was given")
    changed: int = Field(description="Those that this decision changed; others were decided on, or written, before")


class RenamedTags(Schema):
    renamed: int
    left: int = Field(description="Changes whose plan has the other tag for their scene already")


class StartedOnChanges(Schema):
    job_id: JobId
    matched: int
    changed: int = Field(description="Those that were approved, or are wanted back, by this request")
    rejected: int = Field(0, description="Of those wanted back: rejected, since they were not written yet")


class ChangeState(Schema):
    id: int
    plan_id: int
    scene_id: int
    kind: str
    value: dict[str, Any]
    proposed_value: dict[str, Any] | None = Field(description="What was proposed, if somebody edited it")
    status: str = Field(description="proposed, approved, rejected, applied or reverted")
    outcome: str = Field(description="Of writing it, or of taking it back: new, done, not_wanted, failed, quarantined")
    message: str
    detector: str
    confidence: float | None
    evidence: dict[str, Any] | None = Field(
        description="Why: model {name, identifier, version, category}, spans [[start, end, confidence], …], rule, found"
    )
    decided_at: Time | None
    decided_by: str | None
    decided_via: str = Field(description="auto (nobody was asked), admin, api or command; empty: not decided")
    edited_at: Time | None
    edited_by: str | None
    applied_at: Time | None
    job_id: JobId | None = Field(description="The job that wrote it to Stash")
    run_id: JobId | None = Field(description="The run of that job, or the job itself")
    before: dict[str, Any] | None = Field(description="What Stash had, e.g. {present: false}")
    after: dict[str, Any] | None
    revert_requested_at: Time | None
    reverted_at: Time | None
    reverted_by: str | None

    @classmethod
    def columns(cls, change: Change) -> dict[str, Any]:
        applied_in = change.applied_in
        people = {name: getattr(change, name) for name in ("decided_by", "edited_by", "reverted_by")}
        taken = {name: getattr(change, name) for name in cls.model_fields if hasattr(change, name)}
        return {
            **taken,
            "message": change.explanation,
            **{name: user.get_username() if user else None for name, user in people.items()},
            "job_id": change.applied_in_id,
            "run_id": applied_in.root_id if applied_in else None,
        }

    @classmethod
    def of(cls, change: Change) -> ChangeState:
        return cls.model_validate(ChangeState.columns(change))


class HistoryEntry(ChangeState):
    """A change that got to Stash, in words, too."""

    what: str
    seen: str
    model: str
    rule: str
    approved: str
    became: str

    @classmethod
    def of(cls, change: Change) -> HistoryEntry:
        words = {
            name: getattr(history, name)(change) for name in ("what", "seen", "model", "rule", "approved", "became")
        }
        return cls.model_validate({**ChangeState.columns(change), **words})


class LanguageModelUse(Schema):
    questions: int
    prompt_tokens: int = Field(description="Of those that the server counted")
    completion_tokens: int = Field(description="Of those that the server counted")
    cost: float = Field(description="By the prices in the settings")


class HistoryPages(Pages):
    """With what a language model was asked about the scene."""

    class Output(Pages.Output):
        language_model: LanguageModelUse = Field(description="What a language model was asked about the scene, in all")

    def paginate_queryset(
        self, queryset: QuerySet[Change], pagination: Any, request: HttpRequest, **params: Any
    ) -> dict[str, Any]:
        page = super().paginate_queryset(queryset, pagination, request, **params)
        asked = LanguageModelQuestion.objects.filter(scene=params["scene_id"]).spent()
        return {**page, "language_model": vars(asked)}


class PlanCounts(Schema):
    proposed: int
    approved: int
    rejected: int
    applied: int
    reverted: int
    failed: int = Field(description="That could not be written or taken back; part of approved or applied")


class PlanState(Schema):
    id: int
    job_id: JobId | None = Field(description="The analysis that made it")
    created_at: Time
    changes: PlanCounts

    @classmethod
    def of(cls, plan: Plan) -> PlanState:
        counts = {name: getattr(plan, f"{name}_count") for name in PlanCounts.model_fields}
        return cls(id=plan.pk, job_id=plan.job_id, created_at=plan.created_at, changes=PlanCounts(**counts))
