"""The routes below /api/rules: the rules per tag, as rows and as CSV, and what they would change."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from jobs.declare.ids import BIGGEST_ID
from jobs.errors import BadRequest
from jobs.web.api.auth import acting
from jobs.web.api.lists import paged
from jobs.web.schemas import error_bodies
from scenes.models import TagRule
from scenes.permissions import CHANGE_RULES, VIEW_RULES
from scenes.rules.csv_files import MAX_BYTES, BadFile, RulesFile, read, write
from scenes.rules.importing import planned, take_over

router = Router(tags=["rules"])
FAILURES = error_bodies(400, 401, 403, 413)
Id = Annotated[int, Field(strict=True, ge=1, le=BIGGEST_ID)]
MOST = 2000  # scenes that are tried in one request


class RuleGiven(Schema):
    """What is left out stays, of a rule that there is; null or empty: as in the default rule, ``__default__``."""

    tag_name: str = Field(description="As the tagger calls it")
    category: str = ""
    stash_name: str = Field(default="", description="Our name for it")
    wanted: bool | None = None
    markers_enabled: bool | None = None
    scene_tag_enabled: bool | None = None
    min_confidence: float | None = Field(default=None, description="0 to 1")
    required_scene_tag_duration: str = Field(default="", examples=["12s", "4%", "15s or 25%"])
    min_marker_duration: float | None = Field(default=None, description="Seconds")
    max_gap: float | None = Field(default=None, description="Seconds")

    model_config = {"extra": "forbid"}


class RuleState(RuleGiven):
    id: int


class RulesTable(Schema):
    csv: str = Field(max_length=MAX_BYTES, description="In the columns that people share")
    replace: bool = Field(default=False, description="Delete the rules that it does not have")
    dry_run: bool = Field(default=False, description="Only say what it would change")

    model_config = {"extra": "forbid"}


class Imported(Schema):
    created: list[str]
    changed: dict[str, list[str]]
    deleted: list[str]
    unchanged: int
    notes: list[str]


class RulesTrial(Schema):
    csv: str = Field(default="", max_length=MAX_BYTES, description="A table to try; none: the stored rules")
    replace: bool = Field(default=False, description="Try it in place of all other rules")
    scene_ids: list[Id] = Field(default=[], max_length=MOST, description="Stash's ids; none: the newest")
    max_scenes: int = Field(default=MOST, ge=1, le=MOST)

    model_config = {"extra": "forbid"}


class TrialResult(Schema):
    scenes: int = Field(description="That were tried: of which it was kept what the tagger saw")
    scenes_changing: int
    counts: dict[str, int] = Field(description="Changes by kind, such as add_tag")
    tags: list[dict[str, Any]] = Field(description="Likewise by tag")
    examples: list[dict[str, Any]]


@router.get(
    "", auth=acting(VIEW_RULES), response={200: list[RuleState], **error_bodies(400, 401, 403)}, summary="List rules"
)
@paged(order=("key",))
def list_rules(
    request: HttpRequest,
    name: str = Query("", max_length=200, description="A part of either name, whatever its capitals"),  # type: ignore[type-arg]
    category: str = Query("", max_length=200),  # type: ignore[type-arg]
) -> QuerySet[TagRule]:
    """By name; with the default one, named ``__default__``."""
    rows = TagRule.objects.filter(category=category) if category else TagRule.objects.all()
    return rows.filter(Q(tag_name__icontains=name) | Q(stash_name__icontains=name)) if name else rows


@router.get(
    "/{int:rule_id}",
    auth=acting(VIEW_RULES),
    response={200: RuleState, **error_bodies(401, 403, 404)},
    summary="One rule",
)
def get_rule(request: HttpRequest, rule_id: int) -> TagRule:
    return get_object_or_404(TagRule, pk=rule_id)


@router.post("", auth=acting(CHANGE_RULES), response={200: RuleState, **FAILURES}, summary="Make or change a rule")
def save(request: HttpRequest, body: RuleGiven) -> TagRule:
    """By the name of its tag; case does not matter."""
    values = body.model_dump(exclude_unset=True)
    if wrong := TagRule.wrong_in(values):
        raise BadRequest(f"{'; '.join(wrong)}.")
    take_over(RulesFile(list(values), [values], []), request.user)  # type: ignore[arg-type]
    return TagRule.objects.get(key=TagRule(tag_name=body.tag_name).folded_name)


@router.delete(
    "/{int:rule_id}",
    auth=acting(CHANGE_RULES),
    response={204: None, **error_bodies(400, 401, 403, 404)},
    summary="Delete a rule",
)
def delete(request: HttpRequest, rule_id: Id) -> HttpResponse:
    """From then on its tag follows the default rule, which can't be deleted."""
    rule = get_object_or_404(TagRule, pk=rule_id)
    if rule.is_default:
        raise BadRequest("The default rule can't be deleted: every tag without a rule of its own follows it.")
    rule.delete()
    return HttpResponse(status=204)


@router.get(
    "/csv",
    auth=acting(VIEW_RULES),
    response={200: None, **error_bodies(401, 403)},
    openapi_extra={"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}},
    summary="All rules as CSV",
)
def as_csv(request: HttpRequest) -> HttpResponse:
    return csv_response()


@router.post("/import", auth=acting(CHANGE_RULES), response={200: Imported, **FAILURES}, summary="Take over a CSV")
def take(request: HttpRequest, body: RulesTable) -> dict[str, Any]:
    """All of it, or, if anything in it is wrong, nothing."""
    try:
        table = read(body.csv.encode())
        if body.dry_run:
            return planned(table, replace=body.replace).described()
        return take_over(table, request.user, replace=body.replace).described()  # type: ignore[arg-type]
    except BadFile as error:
        raise BadRequest(" ".join(error.problems)) from error


@router.post("/try", auth=acting(VIEW_RULES), response={200: TrialResult, **FAILURES}, summary="Try rules")
def attempt(request: HttpRequest, body: RulesTrial) -> dict[str, Any]:
    """What would change in scenes, by what the tagger saw in them: it is not asked, and nothing is written."""
    from scenes.rules.trying import rules_with, trial

    try:
        rules = rules_with(read(body.csv.encode()), replace=body.replace) if body.csv else None
    except BadFile as error:
        raise BadRequest(" ".join(error.problems)) from error
    return trial(rules, body.scene_ids, body.max_scenes).described()


def csv_response() -> HttpResponse:
    """All rules as a file."""
    headers = {"Content-Disposition": 'attachment; filename="rules.csv"'}
    return HttpResponse(write(TagRule.objects.all()), content_type="text/csv; charset=utf-8", headers=headers)
