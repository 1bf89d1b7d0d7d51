"""The WebSockets as pages and programs have them, for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import Client

from jobs import events
from jobs.models import Job
from stashhog.asgi import application
from tests.web.factories import change, make_token, make_user

WITHIN = 30.0  # seconds: a machine may be busy
OURS, FOREIGN = b"http://localhost:8000", b"https://evil.example"
HOST = (b"host", b"localhost:8000")  # which every browser sends

in_database = database_sync_to_async


def cookie(user: User) -> bytes:
    client = Client()
    client.force_login(user)
    return f"stashhog_session={client.cookies['stashhog_session'].value}".encode()


@in_database
def login(name: str = "ada") -> list[tuple[bytes, bytes]]:
    user = User.objects.filter(username=name).first() or make_user(name)
    return [(b"cookie", cookie(user)), (b"origin", OURS)]


@in_database
def token_header() -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {make_token(make_user())}".encode())]


def card(job: Job, seen: str = "") -> str:
    """The address by which its page hears of it."""
    return f"/ws/jobs/{job.pk}/?as=html&seen={seen}"


def text(message: dict[str, Any]) -> str:
    """All that a page is sent of a card."""
    return "".join([message.get("html", ""), *message.get("parts", {}).values()])


class Socket:
    """A connection as a page has it."""

    def __init__(self, communicator: WebsocketCommunicator):
        self.communicator = communicator

    async def receive(self) -> dict[str, Any]:
        return json.loads(await self.communicator.receive_from(WITHIN))

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is as wanted."""
        async with asyncio.timeout(WITHIN):
            while not wanted(message := await self.receive()):
                pass
        return message

    async def shows(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first job that is shown as wanted, with its `html`: by an update, or by a sweep's new snapshot."""
        found: list[dict[str, Any]] = []

        def look(message: dict[str, Any]) -> bool:
            entries = [message] if "job" in message else message.get("jobs", [])
            found.extend(entry for entry in entries if wanted(entry))
            return bool(found)

        await self.until(look)
        return found[0]

    async def say(self, frame: str | bytes, answer: str) -> dict[str, Any]:
        """The first message of the type ``answer`` after that; the broadcaster's own signs of life come at any time."""
        data = {"text_data": frame} if isinstance(frame, str) else {"bytes_data": frame}
        await self.communicator.send_to(**data)
        return await self.until(lambda message: message["type"] == answer)


def with_host(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return headers if "host" in {name.decode() for name, _ in headers} else [*headers, HOST]


@asynccontextmanager
async def opened(address: str, headers: list[tuple[bytes, bytes]]) -> AsyncIterator[Socket]:
    communicator = WebsocketCommunicator(application, address, with_host(headers))
    accepted, _ = await communicator.connect(WITHIN)
    assert accepted
    try:
        yield Socket(communicator)
    finally:
        await communicator.disconnect(timeout=WITHIN)


async def closed(communicator: WebsocketCommunicator) -> dict[str, Any]:
    """The message that ends the connection."""
    async with asyncio.timeout(WITHIN):
        while (message := await communicator.receive_output(WITHIN))["type"] != "websocket.close":
            pass
    return message


async def refused(address: str, headers: list[tuple[bytes, bytes]]) -> bool:
    communicator = WebsocketCommunicator(application, address, with_host(headers))
    accepted, _ = await communicator.connect(WITHIN)
    await communicator.disconnect(timeout=WITHIN)
    return not accepted


@in_database
def changed(job: Job, **columns: Any) -> None:
    change(job, **columns)
    events.publish(job.root_id)
