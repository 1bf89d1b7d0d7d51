"""The WebSockets: a snapshot first, then the whole state with each change. See `jobs.live.broadcast` for who sends.

From the server: ``{"type": "snapshot", …}``, ``{"type": "job", "job": state, "html": rendered}``,
``{"type": "alive"}`` and ``{"type": "error", "error": {"code", "message", "detail"}}``. From the client:
``{"type": "refresh"}`` for a new snapshot, ``{"type": "ping"}`` for an ``alive``.
"""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import WebsocketDenier

from jobs.errors import BadRequest
from jobs.live.auth import user_of
from jobs.live.broadcast import LISTS, Audience, broadcaster, card_message, list_message, message
from jobs.models import Job
from jobs.permissions import VIEW, allowed, held_on_cards
from jobs.web.cards import card_of
from jobs.web.lists import ListQuery
from jobs.web.snapshot import load

MAX_CHARACTERS = 1024  # of a client's frame
# Close codes; those below 3000 are the server's own. A page asks for a new login after LOG_IN_AGAIN; after any other it
# connects again, and gets what its user may have now. (At messages of over a megabyte the server closes, with 1009.)
LOG_IN_AGAIN, PERMISSIONS_CHANGED, TOO_LARGE = 4401, 4403, 4413


class LiveConsumer(AsyncWebsocketConsumer):
    """What the two WebSockets share. ``sent`` holds the version of each job as it was sent last."""

    audience = LISTS

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.sent: dict[str, int] = {}
        if not await self.open(scope):
            await WebsocketDenier()(scope, receive, send)
            return
        # Around the whole connection: `disconnect` is not called in every case.
        async with broadcaster.watching(self.audience):
            try:
                await super().__call__(scope, receive, send)
            finally:
                await self.channel_layer.group_discard(self.audience.group, self.channel_name)

    async def open(self, scope: dict[str, Any]) -> bool:
        """Find out what is to be shown; False when there is no such thing."""
        raise NotImplementedError

    async def snapshot(self) -> None:
        """Send all of it, as it is now."""
        raise NotImplementedError

    async def connect(self) -> None:
        # Join the group before the first read: what changes in between arrives as an update.
        await self.channel_layer.group_add(self.audience.group, self.channel_name)
        await self.accept()
        await self.snapshot()

    async def job_changed(self, event: dict[str, Any]) -> None:
        """From the broadcaster: a job changed. What is older than what was sent already is dropped."""
        if event["version"] > self.sent.get(event["id"], 0):
            self.sent[event["id"]] = event["version"]
            await self.send(event["text"])

    async def job_versions(self, event: dict[str, Any]) -> None:
        """From the broadcaster, every few seconds: an update got lost if a version is ahead of what was sent."""
        if refusal := await database_sync_to_async(self.refusal)():
            await self.close(refusal)
            return
        if any(version > self.sent.get(key, 0) for key, version in event["versions"].items()):
            await self.snapshot()
        await self.send(message("alive"))

    def refusal(self) -> int:
        """The code to close with when the user is no longer allowed, or has other permissions than before; else 0."""
        user = user_of(self.scope)
        if user is None:
            return LOG_IN_AGAIN
        if not allowed(user, VIEW):
            return PERMISSIONS_CHANGED
        return 0 if self.audience == LISTS or held_on_cards(user) == self.audience.held else PERMISSIONS_CHANGED

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if len(text_data or bytes_data or "") > MAX_CHARACTERS:
            await self.close(TOO_LARGE)
            return
        kind = kind_of(text_data)
        if kind == "refresh":
            await self.snapshot()
        elif kind == "ping":
            await self.send(message("alive"))
        else:
            await self.send(message("error", error=NOT_UNDERSTOOD))


class JobConsumer(LiveConsumer):
    """`/ws/jobs/<id>/`: one job's card, that of a run with its sub-jobs."""

    root_id: uuid.UUID

    async def open(self, scope: dict[str, Any]) -> bool:
        self.job_id: uuid.UUID = scope["url_route"]["kwargs"]["job_id"]
        return bool(await database_sync_to_async(self.find)(scope))

    def find(self, scope: dict[str, Any]) -> bool:
        job, user = Job.objects.filter(pk=self.job_id).only("parent").first(), user_of(scope)
        if job is None or user is None:
            return False
        self.root_id = job.root_id
        self.audience = Audience(job.root_id, held_on_cards(user))
        return True

    async def snapshot(self) -> None:
        version, text = await database_sync_to_async(self._read)()
        self.sent[str(self.root_id)] = version
        await self.send(text)

    def _read(self) -> tuple[int, str]:
        snapshots = load(Job.objects.filter(pk__in=[self.root_id, self.job_id]).select_related("started_by"))
        shown = {item.job.pk: item for item in snapshots}
        card = card_of(shown[self.job_id])
        return shown[self.root_id].version, card_message(card, self.audience.held or frozenset(), "snapshot")

    async def job_changed(self, event: dict[str, Any]) -> None:
        """A sub-job's own page reads for itself: the broadcaster renders runs only."""
        if self.job_id == self.root_id:
            await super().job_changed(event)
        elif event["version"] > self.sent.get(event["id"], 0):
            await self.snapshot()


class ListConsumer(LiveConsumer):
    """`/ws/jobs/?status=&type=&cursor=`: a page of the list of jobs, filtered as the page is."""

    async def open(self, scope: dict[str, Any]) -> bool:
        given = parse_qs(scope.get("query_string", b"").decode("latin1"))
        try:
            self.query = ListQuery.parse({key: values[-1] for key, values in given.items()})
        except BadRequest:
            return False
        return True

    async def snapshot(self) -> None:
        jobs, text = await database_sync_to_async(self._read)()
        self.sent |= jobs
        await self.send(text)

    def _read(self) -> tuple[dict[str, int], str]:
        snapshots = load(self.query.page().rows)
        versions = {str(item.job.pk): item.version for item in snapshots}
        return versions, list_message(snapshots)

    async def job_changed(self, event: dict[str, Any]) -> None:
        """What the filter leaves out is sent only if it was shown before: the page takes its row away."""
        if event["id"] in self.sent or self.query.shows(event["status"], event["job_type"]):
            await super().job_changed(event)


def kind_of(text: str | None) -> str:
    """The type of a client's frame; "" for what is no frame."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):  # Recursion: brackets in brackets in …
        return ""
    return str(frame.get("type", "")) if isinstance(frame, dict) else ""


NOT_UNDERSTOOD = {
    "code": "bad_request",
    "message": 'Only {"type": "refresh"} and {"type": "ping"} are understood, as JSON text.',
    "detail": {},
}
