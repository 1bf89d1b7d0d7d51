"""The routes below /api/scenes, /api/tags, /api/performers and /api/studios: the library, and jobs for its scenes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from jobs.declare.ids import BIGGEST_ID
from jobs.permissions import START
from jobs.web.api.auth import acting
from jobs.web.api.idempotency import DOCUMENTED, idempotent
from jobs.web.api.lists import paged
from jobs.web.api.routes import started
from jobs.web.schemas import StartedJob, error_bodies
from scenes.models import Marker, Performer, Scene, Studio, Tag
from scenes.models.library import NamedModel
from scenes.permissions import VIEW, VIEW_PERFORMERS, VIEW_STUDIOS, VIEW_TAGS
from scenes.search.finding import SHORTEST, narrowed
from scenes.web.api.library_schemas import (
    ChosenScenes,
    MarkerState,
    NamedState,
    PerformerState,
    SceneState,
    StudioState,
    WholeScene,
)

N = TypeVar("N", bound=NamedModel)

scenes_router, names_router = Router(tags=["scenes"]), Router(tags=["scenes"])
AnId: Any = Query(None, ge=1, le=BIGGEST_ID)  # type: ignore[type-arg]
Words: Any = Query("", max_length=200, description="A part of the name, whatever its capitals")  # type: ignore[type-arg]
FAILURES = error_bodies(400, 401, 403)


@scenes_router.get("", auth=acting(VIEW), response={200: list[SceneState], **FAILURES}, summary="List scenes")
@paged()
def list_scenes(
    request: HttpRequest,
    title: str = Query("", max_length=200, description="A part of title or file name"),  # type: ignore[type-arg]
    tag_id: int | None = AnId,
    performer_id: int | None = AnId,
    studio_id: int | None = AnId,
    video_analyzed: bool | None = None,
    organized: bool | None = None,
    generated: bool | None = Query(None, description="Whether its previews were seen complete"),  # type: ignore[type-arg]
    deleted: bool = Query(False, description="Those that are gone from Stash"),  # type: ignore[type-arg]
) -> QuerySet[Scene]:
    """Newest first, those that fit all that is given.

    The next, older page is at `?cursor=` with the value of `next`, until that is null.
    """
    given = {
        "tags": tag_id, "performers": performer_id, "studio": studio_id, "video_analyzed": video_analyzed,
        "organized": organized, "generated_at__isnull": None if generated is None else not generated,
    }  # fmt: skip
    rows = Scene.objects.filter(deleted_at__isnull=not deleted)
    rows = rows.filter(**{name: value for name, value in given.items() if value is not None})
    if title:
        rows = rows.filter(Q(title__icontains=title) | Q(file_name__icontains=title))
        # A program is to get all of them: for a part too short for the index the table is read, page by page.
        rows = narrowed(rows, [title]) if len(title) >= SHORTEST else rows
    return rows.prefetch_related("studio")


@scenes_router.get(
    "/{int:scene_id}",
    auth=acting(VIEW),
    response={200: WholeScene, **error_bodies(400, 401, 403, 404)},
    summary="One scene",
)
def get_scene(request: HttpRequest, scene_id: int) -> Scene:
    """With its files, tags and performers, as the last sync saw them."""
    return one_scene(scene_id, Scene.objects.prefetch_related("studio", "tags", "performers", "files"))


@scenes_router.get(
    "/{int:scene_id}/markers",
    auth=acting(VIEW),
    response={200: list[MarkerState], **error_bodies(400, 401, 403, 404)},
    summary="Its markers",
)
@paged(order=("seconds", "pk"))
def list_markers(request: HttpRequest, scene_id: int) -> QuerySet[Marker]:
    """In their order in the film, as the last sync saw them."""
    return one_scene(scene_id, Scene.objects.only("pk")).markers.prefetch_related("primary_tag")


def one_scene(scene_id: int, rows: QuerySet[Scene]) -> Scene:
    """Raises Http404."""
    return get_object_or_404(rows, pk=scene_id)


@dataclass(frozen=True)
class SceneAction:
    """What can be done for scenes: a job with these parameters, beside the scenes if it ``takes_scenes``."""

    type: str
    summary: str
    takes_scenes: bool = True
    params: dict[str, Any] = field(default_factory=dict)

    def post(self, request: HttpRequest, body: ChosenScenes) -> Status[StartedJob]:
        chosen = {"scene_ids": body.scene_ids} if self.takes_scenes else {}
        return started(request, self.type, {**chosen, **self.params})


ACTIONS = {
    "analyse": SceneAction("analysis", "Analyse scenes"),
    "analyse-outdated": SceneAction(
        "analysis", "Ask the tagger again for what an older model saw", params={"outdated": True}
    ),
    "sync": SceneAction("sync", "Sync with Stash", takes_scenes=False),
    "generate": SceneAction("stash_generate", "Generate previews", takes_scenes=False),
    "identify": SceneAction("stash_identify", "Identify scenes in Stash"),
    "auto-tag": SceneAction("stash_auto_tag", "Auto tag scenes in Stash"),
    "plugin-tasks": SceneAction("stash_plugin", "Run the plugin tasks of the settings in Stash"),
}


def add_route(name: str, action: SceneAction) -> None:
    def act(request: HttpRequest, body: ChosenScenes) -> Status[StartedJob]:
        return action.post(request, body)

    rest = "" if action.takes_scenes else ", which looks for itself what is to be done for all scenes"
    scenes_router.post(
        f"/{name}",
        auth=acting(START),
        response={201: StartedJob, **error_bodies(400, 401, 403, 409, 413, 415, 422)},
        openapi_extra=DOCUMENTED,
        operation_id=f"scenes_{name.replace('-', '_')}",
        summary=action.summary,
        description=f"Starts the job `{action.type}`{rest}.",
    )(idempotent(act))


for _name, _action in ACTIONS.items():
    add_route(_name, _action)


@names_router.get("/tags", auth=acting(VIEW_TAGS), response={200: list[NamedState], **FAILURES}, summary="List tags")
@paged()
def list_tags(request: HttpRequest, name: str = Words) -> QuerySet[Tag]:
    return named(Tag.objects.all(), name)


@names_router.get(
    "/performers",
    auth=acting(VIEW_PERFORMERS),
    response={200: list[PerformerState], **FAILURES},
    summary="List performers",
)
@paged()
def list_performers(request: HttpRequest, name: str = Words) -> QuerySet[Performer]:
    return named(Performer.objects.all(), name)


@names_router.get(
    "/studios", auth=acting(VIEW_STUDIOS), response={200: list[StudioState], **FAILURES}, summary="List studios"
)
@paged()
def list_studios(request: HttpRequest, name: str = Words) -> QuerySet[Studio]:
    return named(Studio.objects.all(), name)


def named(rows: QuerySet[N], name: str) -> QuerySet[N]:
    return rows.filter(name__icontains=name) if name else rows
