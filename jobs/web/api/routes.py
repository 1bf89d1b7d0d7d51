"""The routes below /api/jobs. Errors are raised here and formatted in `errors`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from jobs import engine
from jobs.engine import holding
from jobs.live.stream_request import Following, seats
from jobs.models import JOB_STATUSES, Event, Job
from jobs.permissions import CANCEL, RETRY, START, VIEW, require_start
from jobs.web.api.auth import acting
from jobs.web.api.errors import TooMany
from jobs.web.api.idempotency import DOCUMENTED, idempotent
from jobs.web.api.lists import paged
from jobs.web.cards.snapshot import load
from jobs.web.lists import NEWEST
from jobs.web.paging import id_after
from jobs.web.retrying import retry_for, run_now_for
from jobs.web.schemas import EventState, JobState, ListedJob, StartedJob, StartJob, error_bodies

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    StatusName = str
else:
    StatusName = Literal[tuple(map(str, JOB_STATUSES))]

NO_WORKER = "The job waits: no worker is running. Start one with `make run`, or with `manage.py worker`."
LAST_EVENT_ID = {
    "in": "header",
    "name": "Last-Event-ID",
    "required": False,
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
    "description": "The id of the last event that came; the stream goes on after it",
}

router = Router(tags=["jobs"])


@router.post(
    "",
    auth=acting(START),
    response={201: StartedJob, **error_bodies(400, 401, 403, 409, 413, 415, 422)},
    openapi_extra=DOCUMENTED,
    summary="Start a job",
)
@idempotent
def start_job(request: HttpRequest, body: StartJob) -> Status[StartedJob]:
    """One run of a workflow is active at a time: 409 with the active one's id in `detail.active_job_id`.

    Some types need a permission of their own beside that to start jobs: 403 names it.
    """
    return started(request, body.job_type, body.params)


def started(request: HttpRequest, type: str, params: dict[str, Any]) -> Status[StartedJob]:
    """Start a job for who asks. Raises Forbidden, BadRequest, AlreadyRunning."""
    require_start(request.user, type)
    job = engine.start(type, params, source="api", user=request.user)
    return Status(201, StartedJob.read(job, warning=warning_of(type)))


def warning_of(type: str) -> str | None:
    """Why a job of this type that is started now waits; None when it does not."""
    reasons = [holding.waits_at_start(type), "" if engine.worker_alive() else NO_WORKER]
    return " ".join(filter(None, reasons)) or None


def listed(jobs: list[Job]) -> list[ListedJob]:
    return [ListedJob.of(snapshot) for snapshot in load(jobs)]


@router.get(
    "",
    auth=acting(VIEW),
    response={200: list[ListedJob], **error_bodies(400, 401, 403)},
    summary="List jobs, newest first",
)
@paged(order=NEWEST, shown=listed)
def list_jobs(
    request: HttpRequest,
    status: StatusName | None = None,
    type: str = "",
    source: str = Query("", description="The way it was started: api, admin, page, command, …"),  # type: ignore[type-arg]
    parent: Annotated[uuid.UUID | None, Query(description="List the sub-jobs of this run")] = None,
    sub_jobs: bool = Query(False, description="List sub-jobs too, not only what somebody started"),  # type: ignore[type-arg]
) -> QuerySet[Job]:
    """The next, older page is at `?cursor=` with the value of `next`, until that is null."""
    jobs = Job.objects.all() if sub_jobs or parent else Job.objects.runs()
    given = {"status": status, "type": type, "source": source, "parent": parent}
    return jobs.filter(**{name: value for name, value in given.items() if value})


@router.get(
    "/{uuid:job_id}",
    auth=acting(VIEW),
    response={200: JobState, **error_bodies(400, 401, 403, 404)},
    summary="One job",
)
def get_job(request: HttpRequest, job_id: uuid.UUID) -> JobState:
    """The whole state of a job; for a run with its steps and active sub-jobs in `metadata`."""
    return JobState.read(Job.objects.get(pk=job_id))


@router.post(
    "/{uuid:job_id}/cancel",
    auth=acting(CANCEL),
    response={200: JobState, **error_bodies(400, 401, 403, 404, 409, 413)},
    summary="Cancel a job",
)
def cancel_job(request: HttpRequest, job_id: uuid.UUID) -> JobState:
    """Cancels a job and its sub-jobs; 409 when it has ended."""
    return JobState.read(engine.cancel(job_id))


@router.post(
    "/{uuid:job_id}/run-now",
    auth=acting(START),
    response={200: JobState, **error_bodies(400, 401, 403, 404, 409, 413)},
    summary="Have a job go on in quiet hours",
)
def run_job_now(request: HttpRequest, job_id: uuid.UUID) -> JobState:
    """With all of its run. A pause holds it all the same; 409 when it has ended."""
    return JobState.read(run_now_for(request.user, job_id))


@router.post(
    "/{uuid:job_id}/retry",
    auth=acting(RETRY),
    response={200: JobState, **error_bodies(400, 401, 403, 404, 409, 413)},
    summary="Do again what failed",
)
def retry_job(request: HttpRequest, job_id: uuid.UUID, step: str = "") -> JobState:
    """Of a run all that did not succeed, or one `step` (its key); of a sub-job its batch alone.

    409 when there is nothing to do again.
    """
    return JobState.read(retry_for(request.user, job_id, step))


@router.get(
    "/{uuid:job_id}/events",
    auth=acting(VIEW),
    response={200: list[EventState], **error_bodies(400, 401, 403, 404)},
    summary="What happened to a job",
)
@paged(order=("pk",), shown=lambda events: [EventState.of(event) for event in events])
def list_events(request: HttpRequest, job_id: uuid.UUID) -> QuerySet[Event]:
    """The events of a job and of its sub-jobs, oldest first. To follow a job, use the stream, or the WebSocket."""
    Job.objects.only("pk").get(pk=job_id)
    return Event.objects.filter(job__in=Job.objects.of_run(job_id))


@router.get(
    "/{uuid:job_id}/events/stream",
    auth=acting(VIEW),
    response={200: None, 204: None, **error_bodies(400, 401, 403, 404, 429)},
    openapi_extra={
        "parameters": [LAST_EVENT_ID],
        "responses": {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    },
    summary="Follow what happens to a job",
)
def follow_events(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Server-sent events, as an `EventSource` takes them: `event` with an event of the list above as JSON, and `end`.

    A stream ends after a minute at most; the client comes again with `Last-Event-ID`, and misses nothing. 204: there
    is nothing more to come. At most 10 streams of a user are open at once: 429.
    """
    job = Job.objects.only("parent", "status").get(pk=job_id)
    after = id_after(request.headers.get("Last-Event-ID", ""))
    if (
        after
        and not job.is_active
        and not Event.objects.filter(job__in=Job.objects.of_run(job_id), pk__gt=after).exists()
    ):
        return HttpResponse(status=204)
    user_id = cast("User", request.user).pk
    if not seats.has_room_for(user_id):
        raise TooMany("Too many streams are open: close one, or come again in a minute.")
    following = Following(user_id, job_id, job.root_id, after)
    headers = {"X-Follow-Events": following.as_header(), "X-Accel-Buffering": "no"}
    return HttpResponse(content_type="text/event-stream", headers=headers)
