"""The route below /api/triggers, for programs that can do no more than start a command."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Field, Form, Router, Schema, Status
from ninja.security import HttpBearer

from jobs import engine
from jobs.declare.registry import triggers
from jobs.models import Purpose
from jobs.permissions import require_start
from jobs.scheduling import triggering
from jobs.web import tokens
from jobs.web.api.routes import NO_WORKER
from jobs.web.schemas import Time, error_bodies

router = Router(tags=["triggers"])


class TriggerAuth(HttpBearer):
    """`Authorization: Bearer …` with a token for this purpose, which opens nothing else; and no other opens this."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        return tokens.find(token, Purpose.TRIGGER)


class Triggered(Schema):
    asked: int = Field(description="How often it happened for the job that is to follow")
    not_before: Time = Field(description="When that is started, if none is active by then")
    warning: str | None = Field(default=None, description="Set when no worker is running to start it")


@router.post(
    "/{name}",
    auth=TriggerAuth(),
    response={202: Triggered, **error_bodies(400, 401, 403, 404, 413)},
    url_name="trigger",
    summary="Say that something happened",
)
def trigger(
    request: HttpRequest,
    name: str,
    item: Annotated[
        str, Form(max_length=200, pattern=r"^[\w.%-]*$", description="What it happened to, for the log")
    ] = "",
) -> Status[Triggered]:
    """One job follows, however often that is said in a burst.

    While one is active, one more follows it. Nothing is started while no worker runs, and nothing is forgotten.
    """
    declared = triggers().get(name)
    if declared is None:
        raise Http404
    require_start(request.auth.user, declared.type)  # type: ignore[attr-defined]
    row = triggering.happened(declared, item)
    warning = None if engine.worker_alive() else NO_WORKER
    return Status(202, Triggered(asked=row.asked, not_before=row.not_before, warning=warning))
