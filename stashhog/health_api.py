"""The route /api/health."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from jobs.web.api.auth import acting
from jobs.web.schemas import error_bodies
from scenes.permissions import VIEW_SETTINGS

router = Router(tags=["health"])
Word = Literal["ok", "warn", "fail"]


class FindingState(Schema):
    key: str = Field(description="A stable word for what was looked at", examples=["stash", "link", "space"])
    name: str
    level: Word
    text: str
    fix: str = Field(description="What to do, unless it is fine")


class Health(Schema):
    level: Word = Field(description="The worst of the findings")
    findings: list[FindingState]


@router.get("", auth=acting(VIEW_SETTINGS), response={200: Health, **error_bodies(401, 403)}, summary="Examine it all")
def health(request: HttpRequest) -> dict[str, Any]:
    """As `manage.py doctor`: asks each service and looks at each folder: some seconds. The status is 200."""
    from stashhog.ops.doctor.examining import examine  # it takes the clients of all services

    return examine().described()
