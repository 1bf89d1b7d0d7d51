"""/api/tagger/outdated: how many scenes an older model of the tagger saw, by category."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from jobs.web.api.auth import acting
from jobs.web.schemas import error_bodies
from scenes.permissions import VIEW

router = Router(tags=["tagger"])


class OutdatedCategory(Schema):
    category: str = Field(description="The tagger's word for a kind of tags, such as actions")
    model: str = Field(description="Name and version of the model that gives it today")
    older: int = Field(description="Scenes that an older model of it saw")
    unseen: int = Field(description="Scenes that were analysed when nothing looked for it")


class OutdatedScenes(Schema):
    scenes: int = Field(description="With anything outdated; an analysis with outdated takes the newest of them")
    categories: list[OutdatedCategory]


@router.get(
    "/outdated",
    auth=acting(VIEW),
    response={200: OutdatedScenes, **error_bodies(401, 403)},
    summary="What an older model of the tagger saw",
)
def outdated(request: HttpRequest) -> dict[str, Any]:
    """By the models that the tagger told of last. POST /api/jobs, type analysis, {"outdated": true}: asks again."""
    from scenes.analysis.tagger import outdated

    return {
        "scenes": outdated.outdated().detections().count(),
        "categories": [asdict(count) for count in outdated.counts()],
    }
