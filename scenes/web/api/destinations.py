"""The routes below /api/destinations."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from jobs.declare.ids import BIGGEST_ID
from jobs.web.api.auth import acting
from jobs.web.schemas import error_bodies
from scenes import configuration
from scenes.destinations import saving
from scenes.models import Destination
from scenes.models.destinations import FIELDS, LAST
from scenes.permissions import ADD_DESTINATION, CHANGE_DESTINATION, DELETE_DESTINATION, VIEW_DESTINATIONS

router = Router(tags=["destinations"])
FAILURES = error_bodies(400, 401, 403)
POSITION = "The first that fits a torrent counts, from the smallest number on"
Position = Annotated[int, Field(strict=True, ge=0, le=LAST, description=POSITION)]
LONGEST = 5000  # characters; what each field takes is checked with it


def text_of(key: str) -> Any:
    return Field(description=FIELDS[key].description, max_length=LONGEST)


class DestinationBody(Schema):
    """What is left out is as it was; of a new one, empty."""

    position: Position | None = None
    name: Annotated[str, text_of("name")] = ""
    folder: Annotated[str, text_of("folder")] = ""
    categories: Annotated[str, text_of("categories")] = ""
    tags: Annotated[str, text_of("tags")] = ""
    link_mode: Annotated[str, text_of("link_mode")] = ""
    cleanup: Annotated[str, text_of("cleanup")] = ""
    torrent_folder: Annotated[str, text_of("torrent_folder")] = ""
    file_mode: Annotated[str, text_of("file_mode")] = ""
    folder_mode: Annotated[str, text_of("folder_mode")] = ""
    file_group: Annotated[str, text_of("file_group")] = ""

    model_config = {"extra": "forbid"}


class EffectiveValues(Schema):
    categories: list[str]
    tags: list[str]
    link_mode: str
    cleanup: str
    torrent_folder: str
    file_mode: str = Field(description="Octal digits; empty: as the system makes them")
    folder_mode: str = Field(description="Likewise")
    file_group: str = Field(description="Empty: as the system makes them")


class DestinationState(Schema):
    id: int | None = Field(description="null: the one by default, which the settings make")
    position: int | None
    name: str
    folder: str
    categories: str
    tags: str
    link_mode: str = Field(description="As it was written; empty: as in the settings. So it is with those below")
    cleanup: str
    torrent_folder: str
    file_mode: str
    folder_mode: str
    file_group: str
    is_default: bool
    effective: EffectiveValues | None = Field(
        description="With what it takes from the settings; null: it can't be used"
    )
    problem: str = Field(description="Why it can't be used, so that nothing is placed; else empty")


class Saved(DestinationState):
    unchecked: list[str] = Field(description="Sentences on what could not be checked, or may be meant otherwise")


@router.get(
    "",
    auth=acting(VIEW_DESTINATIONS),
    response={200: list[DestinationState], **error_bodies(401, 403)},
    summary="All destinations",
)
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    """In the order in which they are tried; the last is the one by default, made of the settings."""
    return saving.described()


@router.post(
    "",
    auth=acting(ADD_DESTINATION),
    response={201: Saved, **FAILURES, **error_bodies(413)},
    summary="Add a destination",
)
def add(request: HttpRequest, body: DestinationBody) -> Status[dict[str, Any]]:
    """Stash and qBittorrent are asked whether the folder fits, for 10 s at most each."""
    return Status(201, saved(request, Destination(), body))


@router.get(
    "/{int:destination_id}",
    auth=acting(VIEW_DESTINATIONS),
    response={200: DestinationState, **error_bodies(401, 403, 404)},
    summary="One destination",
)
def get_destination(request: HttpRequest, destination_id: int) -> dict[str, Any]:
    """Of those that are rows; the one by default is in the list alone."""
    return described(row_of(destination_id))


@router.patch(
    "/{int:destination_id}",
    auth=acting(CHANGE_DESTINATION),
    response={200: Saved, **FAILURES, **error_bodies(404, 413)},
    summary="Change a destination",
)
def change(request: HttpRequest, destination_id: int, body: DestinationBody) -> dict[str, Any]:
    """A run that is on its way keeps those that it started with."""
    return saved(request, row_of(destination_id), body)


@router.delete(
    "/{int:destination_id}",
    auth=acting(DELETE_DESTINATION),
    response={204: None, **error_bodies(401, 403, 404)},
    summary="Delete a destination",
)
def delete(request: HttpRequest, destination_id: int) -> Status[None]:
    """What was placed there stays there."""
    saving.remove(row_of(destination_id), request.user)  # type: ignore[arg-type]
    return Status(204, None)


def row_of(destination_id: int) -> Destination:
    """Raises Http404."""
    if not 0 < destination_id <= BIGGEST_ID:
        raise Http404
    return get_object_or_404(Destination, pk=destination_id)


def saved(request: HttpRequest, row: Destination, body: DestinationBody) -> dict[str, Any]:
    unchecked = saving.save(row, body.dict(exclude_unset=True), request.user)  # type: ignore[arg-type]
    return {**described(row), "unchecked": unchecked}


def described(row: Destination) -> dict[str, Any]:
    return saving.about(row, configuration.current())
