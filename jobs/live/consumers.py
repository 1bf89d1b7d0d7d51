"""The WebSockets: a snapshot first, then an update with each change. See `jobs.live.broadcast` for who sends.

With ``as=html`` in the address it is a page: `jobs.live.messages` has what either gets. Beside that, from the server:
``{"type": "current"}``: what the page shows is right; ``{"type": "pause", "pause": …}``: another pause than before;
``{"type": "alive"}`` and ``{"type": "error", "error": {"code", "message", "detail"}}``. From the client:
``{"type": "refresh"}`` for a new snapshot, with ``seen`` if what is shown may be right; ``{"type": "ping"}`` for an
``alive``.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from autobahn.exception import Disconnected
from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import WebsocketDenier

from jobs.errors import BadRequest
from jobs.live.audience import PAGE, Audience
from jobs.live.auth import user_of
from jobs.live.broadcast import broadcaster
from jobs.live.messages import list_message, message, rendered, row_message
from jobs.live.refusals import refusals
from jobs.models import Job
from jobs.scheduling import pausing
from jobs.web.cards.card import card_of
from jobs.web.cards.snapshot import load
from jobs.web.lists import ListQuery

MAX_CHARACTERS = 1024  # of a client's frame
# Close codes, beside those of `jobs.live.refusals`; those below 3000 are the server's own, as 1009 for messages of over
# a megabyte. A page connects again after them.
GONE, TOO_LARGE = 4404, 4413


class LiveConsumer(AsyncWebsocketConsumer):
    """What the two WebSockets share. ``sent`` holds the version of each job as it was sent last."""

    audience: Audience

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.sent: dict[str, int] = {}
        given = parse_qs(scope.get("query_string", b"").decode("latin1"))
        self.given = {key: values[-1] for key, values in given.items()}
        if not await database_sync_to_async(self.open)(scope):
            await WebsocketDenier()(scope, receive, send)
            return
        # Around the whole connection: `disconnect` is not called in every case.
        async with broadcaster.watching(self.audience):
            try:
                await super().__call__(scope, receive, send)
            finally:
                await self.channel_layer.group_discard(self.audience.group, self.channel_name)

    def open(self, scope: dict[str, Any]) -> bool:
        """Find out what is to be shown, and to whom; False when there is no such thing."""
        raise NotImplementedError

    async def snapshot(self, seen: str = "") -> None:
        """Send all of it, as it is now. ``seen``: what a page shows of a card, its version and the audience's mark."""
        raise NotImplementedError

    async def connect(self) -> None:
        # Join the group before the first read: what changes in between arrives as an update.
        await self.channel_layer.group_add(self.audience.group, self.channel_name)
        await self.accept()
        await self.snapshot(self.given.get("seen", ""))

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does it, but for its look after connections of the database, one page after the other in the one
        thread that also reads: whatever reads here goes through `database_sync_to_async`, which does so itself."""
        await getattr(self, get_handler_name(message))(message)

    async def send_text(self, text: str) -> None:
        """Nothing, once the connection has ended: that it has is the next thing that is received."""
        with contextlib.suppress(OSError, Disconnected):  # what the ASGI specification says, and what Daphne raises
            await self.send(text)

    async def job_changed(self, event: dict[str, Any]) -> None:
        """From the broadcaster: a job changed. What is older than what was sent already is dropped."""
        sent = self.sent.get(event["id"], 0)
        if event["version"] <= sent:
            return
        # An update got lost; or this one builds on an older card, and lacks what is again as it was there.
        if event["base"] not in (0, sent):
            await self.snapshot()
            return
        self.sent[event["id"]] = event["version"]
        await self.send_text(event["text"])

    async def jobs_paused(self, event: dict[str, Any]) -> None:
        """From the broadcaster: a pause begins or ends."""
        await self.send_text(message("pause", pause=event["pause"]))

    async def job_versions(self, event: dict[str, Any]) -> None:
        """From the broadcaster, every few seconds: an update got lost if a version is ahead of what was sent."""
        if refusal := await refusals.of(self.scope, self.audience, event["sweep"]):
            await self.close(refusal)
            return
        if any(version > self.sent.get(key, 0) for key, version in event["versions"].items()):
            await self.snapshot()
        await self.send_text(message("alive"))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if len(text_data or bytes_data or "") > MAX_CHARACTERS:
            await self.close(TOO_LARGE)
            return
        frame = frame_of(text_data)
        kind = frame.get("type")
        if kind == "refresh":
            await self.snapshot(str(frame.get("seen", "")))
        elif kind == "ping":
            await self.send_text(message("alive"))
        else:
            await self.send_text(message("error", error=NOT_UNDERSTOOD))


class JobConsumer(LiveConsumer):
    """`/ws/jobs/<id>/`: one job's card, that of a run with its sub-jobs."""

    root_id: uuid.UUID

    def open(self, scope: dict[str, Any]) -> bool:
        self.job_id: uuid.UUID = scope["url_route"]["kwargs"]["job_id"]
        job, user = Job.objects.filter(pk=self.job_id).only("parent").first(), user_of(scope)
        if job is None or user is None:
            return False
        self.root_id = job.root_id
        self.audience = Audience.asked_for(job.root_id, self.given, user)
        return True

    async def snapshot(self, seen: str = "") -> None:
        try:
            if self.audience.kind == PAGE and self.job_id == self.root_id:
                # The card that all pages of this audience share; nothing of it if the page has it.
                card, pause = await broadcaster.card(self.audience), await database_sync_to_async(pausing.key)()
                is_current = seen == f"{card.version}.{self.audience.mark}"
                text = message("current", job=card.job, pause=pause) if is_current else card.whole(pause)
                version = card.version
            else:
                version, text = await database_sync_to_async(self._read)()
        except Job.DoesNotExist:  # it was too old to be kept
            await self.close(GONE)
            return
        self.sent[str(self.root_id)] = version
        await self.send_text(text)

    def _read(self) -> tuple[int, str]:
        snapshots = load(Job.objects.filter(pk__in=[self.root_id, self.job_id]).select_related("started_by"))
        shown = {item.job.pk: item for item in snapshots}
        if shown.keys() != {self.root_id, self.job_id}:
            raise Job.DoesNotExist
        mine, version = shown[self.job_id], shown[self.root_id].version
        if self.audience.kind == PAGE:
            return version, rendered(card_of(mine), self.audience).whole(pausing.key())
        return version, row_message(mine, self.audience, "snapshot")

    async def job_changed(self, event: dict[str, Any]) -> None:
        """A sub-job's own page reads for itself: the broadcaster renders runs only."""
        if self.job_id == self.root_id:
            await super().job_changed(event)
        elif event["version"] > self.sent.get(event["id"], 0):
            await self.snapshot()


class ListConsumer(LiveConsumer):
    """`/ws/jobs/?status=&type=&cursor=`: a page of the list of jobs, filtered as the page is."""

    def open(self, scope: dict[str, Any]) -> bool:
        user = user_of(scope)
        try:
            self.query = ListQuery.parse(self.given)
        except BadRequest:
            return False
        if user is None:
            return False
        self.audience = Audience.asked_for(None, self.given, user)
        return True

    async def snapshot(self, seen: str = "") -> None:
        jobs, text = await database_sync_to_async(self._read)()
        self.sent |= jobs
        await self.send_text(text)

    def _read(self) -> tuple[dict[str, int], str]:
        snapshots = load(self.query.page().rows)
        versions = {str(item.job.pk): item.version for item in snapshots}
        return versions, list_message(snapshots, self.audience, pausing.key())

    async def job_changed(self, event: dict[str, Any]) -> None:
        """What the filter leaves out is sent only if it was shown before: the page takes its row away."""
        if event["id"] in self.sent or self.query.shows(event["status"], event["job_type"]):
            await super().job_changed(event)


def frame_of(text: str | None) -> Mapping[str, Any]:
    """A client's frame; nothing for what is none."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):  # Recursion: brackets in brackets in …
        return {}
    return frame if isinstance(frame, dict) else {}


NOT_UNDERSTOOD = {
    "code": "bad_request",
    "message": 'Only {"type": "refresh"} and {"type": "ping"} are understood, as JSON text.',
    "detail": {},
}
