"""The routes below /api/release: items that failed or are quarantined, to be tried again."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Router, Schema

from jobs.declare.ids import BIGGEST_ID
from jobs.errors import BadRequest
from jobs.web.api.auth import acting
from jobs.web.schemas import error_bodies
from scenes import releasing
from scenes.permissions import RELEASE
from scenes.releasing import rows_of

MAX_RELEASED = 10_000  # ids of one kind at once

router = Router(tags=["items"])


# The bounds are checked in `rows_of`, for all ways in alike.
Id = Annotated[int, Field(strict=True, json_schema_extra={"minimum": 1, "maximum": BIGGEST_ID})]
Ids = Annotated[list[Id], Field(max_length=MAX_RELEASED)]


class ItemsToRelease(Schema):
    downloads: Ids = Field(default=[], description="Ids of downloads, as in the admin")
    files: Ids = Field(default=[], description="Ids of their files")
    scenes: Ids = Field(default=[], description="Stash's ids of scenes")
    changes: Ids = Field(default=[], description="Ids of changes that Stash refused")

    model_config = {"extra": "forbid"}


class Released(Schema):
    downloads: int
    files: int
    scenes: int = Field(description="Failures of scenes: of detectors, of changes, and of previews")
    changes: int


@router.post(
    "",
    auth=acting(RELEASE),
    response={200: Released, **error_bodies(400, 401, 403, 413)},
    summary="Release failed items",
)
def release(request: HttpRequest, body: ItemsToRelease) -> dict[str, int]:
    """The next run tries them as if they had never failed. Ids of items that did not fail change nothing."""
    if not (body.downloads or body.files or body.scenes or body.changes):
        raise BadRequest("Say what to release: ids in downloads, files, scenes or changes.")
    named = {f"{name}s": (model, getattr(body, f"{name}s")) for name, model in releasing.NAMED_MODELS.items()}
    chosen = {field: rows_of(model, ids) for field, (model, ids) in named.items()}
    return {field: releasing.release(rows) for field, rows in chosen.items()}
