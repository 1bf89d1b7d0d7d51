"""The routes below /api/downloads and /api/files: torrents and their files on the way into the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from django.db import models
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from jobs.declare.ids import BIGGEST_ID
from jobs.permissions import require_start
from jobs.web.api.auth import acting
from jobs.web.api.idempotency import DOCUMENTED, idempotent
from jobs.web.api.lists import paged
from jobs.web.api.routes import started
from jobs.web.schemas import JobId, StartedJob, Time, error_bodies
from scenes import releasing
from scenes.models import Attempts, Download, Outcome, PlacedFile
from scenes.permissions import RELEASE, VIEW_DOWNLOADS, VIEW_FILES

Row = TypeVar("Row", bound=models.Model)
downloads_router, files_router = Router(tags=["downloads"]), Router(tags=["downloads"])
if TYPE_CHECKING:
    OutcomeName = str
else:
    OutcomeName = Literal[tuple(map(str, Outcome.values))]
Code: Any = Query("", max_length=30, description="linked, no_permission, …")  # type: ignore[type-arg]
Part: Any = Query("", max_length=200, description="A part of the name, whatever its capitals")  # type: ignore[type-arg]
OPEN: dict[str, Any] = error_bodies(400, 401, 403)  # type: ignore[assignment]
ONE: dict[str, Any] = error_bodies(400, 401, 403, 404)  # type: ignore[assignment]


class ItemState(Schema):
    id: int
    name: str
    outcome: str = Field(description=f"One of {', '.join(Outcome.values)}")
    code: str = Field(description="A stable word for why: linked, already_there, other_filesystem, …")
    message: str = Field(description="Why, and what a person can do")
    attempts: int = Field(description="That failed; after the last it is quarantined until it is released")
    job_id: JobId | None = Field(description="The job that handled it last")
    size: int = Field(description="Bytes")
    created_at: Time
    updated_at: Time

    @staticmethod
    def resolve_message(row: Attempts) -> str:
        return row.explanation


class DownloadState(ItemState):
    hash: str = Field(description="qBittorrent's info hash")
    category: str
    save_path: str = Field(description="As qBittorrent sees it")
    destination: str = Field(description="The folder of its destination, once it is begun")
    completed_at: Time | None
    removed_at: Time | None = Field(description="When StashHog removed it from qBittorrent")
    cleanup_message: str = Field(description="Why the clean-up left it in qBittorrent")


class FileState(ItemState):
    download_id: int
    video_id: int | None = Field(description="The file that this one goes beside: subtitle, script, …")
    source: str = Field(description="As StashHog sees it")
    place: str = Field(description="Where it is in the library; empty when that is not known")
    placed_at: Time | None


class ReleasedItem(Schema):
    released: int = Field(description="1 if it had failed; 0: there was nothing to release")


@downloads_router.get(
    "", auth=acting(VIEW_DOWNLOADS), response={200: list[DownloadState], **OPEN}, summary="List downloads"
)
@paged()
def list_downloads(
    request: HttpRequest,
    outcome: OutcomeName | None = None,
    code: str = Code,
    category: str = Query("", max_length=200),  # type: ignore[type-arg]
    name: str = Part,
) -> models.QuerySet[Download]:
    """Newest first. The next, older page is at `?cursor=` with the value of `next`, until that is null."""
    return fitting(Download.objects.all(), outcome=outcome, code=code, category=category, name__icontains=name)


@downloads_router.get(
    "/{int:download_id}", auth=acting(VIEW_DOWNLOADS), response={200: DownloadState, **ONE}, summary="One download"
)
def get_download(request: HttpRequest, download_id: int) -> Download:
    found: Download = row_or_404(Download.objects.all(), download_id)
    return found


@downloads_router.post(
    "/{int:download_id}/release",
    auth=acting(RELEASE),
    response={200: ReleasedItem, **ONE},
    summary="Release a download with its files",
)
def release_download(request: HttpRequest, download_id: int) -> dict[str, int]:
    """The next run tries what failed of it as if it had never failed."""
    return released(Download.objects.all(), download_id)


@downloads_router.post(
    "/{int:download_id}/retry",
    auth=acting(RELEASE),
    response={201: StartedJob, **ONE, **error_bodies(422)},
    openapi_extra=DOCUMENTED,
    summary="Try a download again at once",
)
@idempotent
def retry_download(request: HttpRequest, download_id: int) -> Status[StartedJob]:
    """Releases it, and starts the job `process_downloads`, for which the permission to start jobs is needed, too."""
    return retried(request, Download.objects.all(), download_id)


@files_router.get(
    "", auth=acting(VIEW_FILES), response={200: list[FileState], **OPEN}, summary="List files of downloads"
)
@paged()
def list_files(
    request: HttpRequest,
    download_id: Annotated[int | None, Query(ge=1, le=BIGGEST_ID)] = None,
    outcome: OutcomeName | None = None,
    code: str = Code,
    name: str = Part,
) -> models.QuerySet[PlacedFile]:
    """Newest first; sidecars are files of their own."""
    rows = PlacedFile.objects.select_related("same_as")
    return fitting(rows, download=download_id, outcome=outcome, code=code, name__icontains=name)


@files_router.get("/{int:file_id}", auth=acting(VIEW_FILES), response={200: FileState, **ONE}, summary="One file")
def get_file(request: HttpRequest, file_id: int) -> PlacedFile:
    found: PlacedFile = row_or_404(PlacedFile.objects.select_related("same_as"), file_id)
    return found


@files_router.post(
    "/{int:file_id}/release", auth=acting(RELEASE), response={200: ReleasedItem, **ONE}, summary="Release a file"
)
def release_file(request: HttpRequest, file_id: int) -> dict[str, int]:
    """The next run tries it as if it had never failed."""
    return released(PlacedFile.objects.all(), file_id)


@files_router.post(
    "/{int:file_id}/retry",
    auth=acting(RELEASE),
    response={201: StartedJob, **ONE, **error_bodies(422)},
    openapi_extra=DOCUMENTED,
    summary="Try a file again at once",
)
@idempotent
def retry_file(request: HttpRequest, file_id: int) -> Status[StartedJob]:
    """As for a download; the job looks at all torrents, and of this one at what is not done."""
    return retried(request, PlacedFile.objects.all(), file_id)


@files_router.post(
    "/{int:file_id}/place-again",
    auth=acting(RELEASE),
    response={200: FileState, **ONE, **error_bodies(409)},
    summary="Place a file again",
)
def place_file_again(request: HttpRequest, file_id: int) -> PlacedFile:
    """What was placed and deleted since is not placed again by itself: this has the next run do it.

    409 when it is where it was placed, was not placed before, or its torrent is gone.
    """
    from scenes.downloads.library.placing_again import place_again

    place_again(row_or_404(PlacedFile.objects.only("pk"), file_id).pk)
    return get_file(request, file_id)


def fitting(rows: models.QuerySet[Row], **given: Any) -> models.QuerySet[Row]:
    """Those that fit all that is given."""
    return rows.filter(**{name: value for name, value in given.items() if value})


def row_or_404(rows: models.QuerySet[Any], pk: int) -> Any:
    """Raises Http404."""
    return get_object_or_404(rows, pk=pk)


def retried(request: HttpRequest, rows: models.QuerySet[Any], pk: int) -> Status[StartedJob]:
    """Release it, and start the job that tries it. Raises Forbidden, and then nothing is released."""
    require_start(request.user, "process_downloads")
    released(rows, pk)
    return started(request, "process_downloads", {})


def released(rows: models.QuerySet[Any], pk: int) -> dict[str, int]:
    return {"released": releasing.release(rows.filter(pk=row_or_404(rows.only("pk"), pk).pk))}
