"""The routes below /api/notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from jobs.declare.ids import BIGGEST_ID
from jobs.web.api.auth import acting
from jobs.web.schemas import error_bodies
from stashhog.ops.notifications import channels
from stashhog.ops.notifications.models import Cause, Channel
from stashhog.ops.notifications.permissions import ADD_CHANNEL, CHANGE_CHANNEL, DELETE_CHANNEL, VIEW_CHANNELS

router = Router(tags=["notifications"])
FAILURES = error_bodies(400, 401, 403)
Name = Annotated[str, Field(min_length=1, max_length=100)]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        description="As apprise takes it, such as ntfy://nas/topic. Kept like a password, and never given back",
    ),
]
Causes = Annotated[list[Cause], Field(max_length=50)]
Hour = Annotated[int, Field(ge=0, le=23, description="Of the digest, in the time zone of StashHog")]


class ChannelState(Schema):
    id: int
    name: str
    enabled: bool
    service: str = Field(description="Which one the address is of", examples=["ntfy"])
    causes: list[str]
    digest: bool = Field(description="Everything of a day in one message")
    digest_hour: int
    failures: int = Field(description="In a row")
    error: str = Field(description="Why the last attempt failed; empty when it did not")
    last_sent_at: datetime | None


class NewChannel(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Name
    url: Url
    enabled: bool = True
    causes: Causes = Field(default=list(Cause), description="All of them by default")
    digest: bool = False
    digest_hour: Hour = 8


class ChannelChanges(Schema):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: Url | None = None
    enabled: bool | None = None
    causes: Causes | None = None
    digest: bool | None = None
    digest_hour: Hour | None = None


class TestResult(Schema):
    sent: bool
    error: str = Field(description="Why not; empty when it was")


def found(channel_id: int) -> Channel:
    """Raises Http404."""
    if not 0 < channel_id <= BIGGEST_ID:
        raise Http404
    return get_object_or_404(Channel, pk=channel_id)


@router.get(
    "/channels",
    auth=acting(VIEW_CHANNELS),
    response={200: list[ChannelState], **error_bodies(401, 403)},
    summary="All channels",
)
def list_channels(request: HttpRequest) -> Any:
    """Never with their addresses."""
    return Channel.objects.all()[: channels.MOST]


@router.post(
    "/channels",
    auth=acting(ADD_CHANNEL),
    response={201: ChannelState, **FAILURES, **error_bodies(413)},
    summary="Make a channel",
)
def make_channel(request: HttpRequest, body: NewChannel) -> Status[Channel]:
    """Its address is looked at, and nothing is sent: `…/test` does that."""
    return Status(201, channels.save(Channel(), body.dict(), request.user))  # type: ignore[arg-type]


@router.patch(
    "/channels/{int:channel_id}",
    auth=acting(CHANGE_CHANNEL),
    response={200: ChannelState, **FAILURES, **error_bodies(404, 413)},
    summary="Change a channel",
)
def change_channel(request: HttpRequest, channel_id: int, body: ChannelChanges) -> Channel:
    """What waits for one that is switched off is given up."""
    values = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    return channels.save(found(channel_id), values, request.user)  # type: ignore[arg-type]


@router.delete(
    "/channels/{int:channel_id}",
    auth=acting(DELETE_CHANNEL),
    response={204: None, **error_bodies(401, 403, 404)},
    summary="Delete a channel",
)
def delete_channel(request: HttpRequest, channel_id: int) -> Status[None]:
    """With what waits for it."""
    found(channel_id).delete()
    return Status(204, None)


@router.post(
    "/channels/{int:channel_id}/test",
    auth=acting(CHANGE_CHANNEL),
    response={200: TestResult, **error_bodies(401, 403, 404)},
    summary="Send a test message",
)
def test_channel(request: HttpRequest, channel_id: int) -> dict[str, Any]:
    """At once, which may take 20 s; the status is 200 also when it was not taken."""
    why = channels.test(found(channel_id))
    return {"sent": not why, "error": why}
