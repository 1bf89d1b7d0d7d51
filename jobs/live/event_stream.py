"""The events of a job as they happen: server-sent events at /api/jobs/{id}/events/stream.

The route (`jobs.web.api.routes`) lets somebody in and answers with a header that says what to follow. Django has a
thread for each request until it ends; so the middleware here sends the events once Django is through with it.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from pydantic_core import to_json

from jobs.live.asgi_types import Application, Message, Receive, Send
from jobs.live.audience import EVENTS, Audience
from jobs.live.broadcast import AWAY, broadcaster
from jobs.live.stream_request import FOLLOW, Following, seats
from jobs.models import FINISHED, Event, Job
from jobs.web.schemas import EventState

LONGEST = 60.0  # seconds; then the client comes again, and is let in or not
LOOK_AGAIN = 15.0  # seconds without a message after which it is read all the same, and the client hears that we live
AT_ONCE = 200  # events
COME_AGAIN_AFTER = 2000  # milliseconds

logger = logging.getLogger(__name__)


class EventStreams:
    """ASGI middleware around Django: what is answered with FOLLOW becomes a stream."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        start: dict[str, Any] = {}

        async def forward(message: Message) -> None:
            if message["type"] == "http.response.start" and header_of(message):
                start.update(message)
            if not start:
                await send(message)

        await self.application(scope, receive, forward)
        if start:
            await stream(start, receive, send)


def header_of(start: Message) -> bytes:
    """What is to be followed; empty for an answer like any other."""
    return next((value for name, value in start["headers"] if name.lower() == FOLLOW), b"")


async def stream(start: Message, receive: Receive, send: Send) -> None:
    """Send the events until the job has ended, the time is over, or the client is gone."""
    following = Following.of(header_of(start))
    kept = [(name, value) for name, value in start["headers"] if name.lower() not in (FOLLOW, b"content-length")]
    await send({**start, "headers": kept})
    with seats.take(following.user_id):
        tasks = {asyncio.create_task(send_events(following, send)), asyncio.create_task(client_gone(receive))}
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()


async def client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_events(following: Following, send: Send) -> None:
    try:
        async for text in events_of(following):
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
    except AWAY as error:
        logger.warning("A stream of events ends, since the database can't be read: %s", error)
    await send({"type": "http.response.body", "body": b""})


async def events_of(following: Following) -> AsyncIterator[str]:
    """As server-sent events: ``event`` with a number to go on after, and ``end`` when the job has ended."""
    end, after = asyncio.get_running_loop().time() + LONGEST, following.after
    yield f"retry: {COME_AGAIN_AFTER}\n\n"
    async with changes_of(following.root_id) as changed:
        while (left := end - asyncio.get_running_loop().time()) > 0:
            events, is_over = await database_sync_to_async(read)(following.job_id, after)
            for event in events:
                yield f"id: {event.id}\nevent: event\ndata: {to_json(event).decode()}\n\n"
                after = event.id
            if len(events) == AT_ONCE:
                continue
            if is_over:
                yield "event: end\ndata: {}\n\n"
                return
            if not await changed(min(left, LOOK_AGAIN)):
                yield ": alive\n\n"


@asynccontextmanager
async def changes_of(root_id: uuid.UUID) -> AsyncIterator[Callable[[float], Awaitable[bool]]]:
    """What waits for so many seconds, or until something of the run changes: True then."""
    layer, audience = get_channel_layer(), Audience(root_id, EVENTS)
    channel = await layer.new_channel()

    async def changed(within: float) -> bool:
        try:
            await asyncio.wait_for(layer.receive(channel), within)
        except TimeoutError:
            return False
        return True

    async with broadcaster.watching(audience):
        await layer.group_add(audience.group, channel)
        try:
            yield changed
        finally:
            await layer.group_discard(audience.group, channel)


def read(job_id: uuid.UUID, after: int) -> tuple[list[EventState], bool]:
    """The next events, and whether there are no more to come: the job has ended, or is there no more."""
    # First the status: what was recorded with it is among the events then.
    status = Job.objects.filter(pk=job_id).values_list("status", flat=True).first()
    rows = Event.objects.filter(job__in=Job.objects.of_run(job_id), pk__gt=after).order_by("pk")[:AT_ONCE]
    return [EventState.of(event) for event in rows], status is None or status in FINISHED
