"""The routes at /api/pause: the switch for everything."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Router, Schema

from jobs.models import Pause
from jobs.permissions import PAUSE, VIEW
from jobs.scheduling import pausing
from jobs.web.api.auth import acting
from jobs.web.schemas import Time, error_bodies

router = Router(tags=["pause"])


class PauseBody(Schema):
    paused: Annotated[bool, Field(strict=True)]
    reason: str = Field("", max_length=pausing.LONGEST_REASON, description="In one line; shown on every page")
    requeue_running: Annotated[
        bool,
        Field(strict=True, description="Jobs that run are queued again at once; otherwise they go on to their end"),
    ] = False

    model_config = {"extra": "forbid"}


class PauseState(Schema):
    paused: bool
    reason: str
    requeue_running: bool
    begun_at: Time | None
    begun_by: str | None

    @classmethod
    def of(cls, pause: Pause | None) -> PauseState:
        by = pause.begun_by.get_username() if pause and pause.begun_by else None
        return cls(
            paused=pause is not None and pause.active,
            reason=pause.reason if pause else "",
            requeue_running=bool(pause and pause.requeue_running),
            begun_at=pause.begun_at if pause else None,
            begun_by=by,
        )


@router.get("", auth=acting(VIEW), response={200: PauseState, **error_bodies(401, 403)}, summary="Is there a pause?")
def get_pause(request: HttpRequest) -> PauseState:
    return PauseState.of(pausing.current())


@router.put(
    "",
    auth=acting(PAUSE),
    response={200: PauseState, **error_bodies(400, 401, 403, 413)},
    summary="Pause or resume all work",
)
def put_pause(request: HttpRequest, body: PauseBody) -> PauseState:
    """During a pause nothing new is begun. Saying the same twice changes nothing."""
    if not body.paused:
        pausing.resume(user=request.user)
        return PauseState.of(None)
    return PauseState.of(
        pausing.pause(source="api", user=request.user, reason=body.reason, requeue_running=body.requeue_running)
    )
