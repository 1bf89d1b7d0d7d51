"""A user has so many WebSockets, and all together so many more: whoever opens more is told so and closed."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator

from jobs.live import auth
from stashhog.asgi import application
from tests.web.factories import make_token, make_user

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_lasting_connections"),
]
WITHIN = 30.0  # seconds: a machine may be busy


@database_sync_to_async
def headers_of(name: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {make_token(make_user(name))}".encode()), (b"host", b"localhost")]


async def opened(headers: list[tuple[bytes, bytes]]) -> tuple[WebsocketCommunicator, int | None]:
    """A connection, and the code with which it was closed; None: it gets its snapshot."""
    communicator = WebsocketCommunicator(application, "/ws/jobs/", headers)
    accepted, _ = await communicator.connect(WITHIN)
    assert accepted
    message = await communicator.receive_output(WITHIN)
    return communicator, message["code"] if message["type"] == "websocket.close" else None


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    channel_layers.backends.clear()
    monkeypatch.setattr(auth.seats, "of_a_user", 2)
    monkeypatch.setattr(auth.seats, "in_all", 3)


async def test_those_beyond_the_bound_are_closed_and_their_places_come_free_again() -> None:
    ada, bob = await headers_of("ada"), await headers_of("bob")
    mine = [await opened(ada) for _ in range(3)]
    assert [code for _, code in mine] == [None, None, auth.TOO_MANY]
    theirs = [await opened(bob) for _ in range(2)]
    assert [code for _, code in theirs] == [None, auth.TOO_MANY]
    for communicator, _ in (*mine, *theirs):
        await communicator.disconnect(timeout=WITHIN)
    assert not auth.seats.taken
    communicator, code = await opened(bob)
    assert code is None
    await communicator.disconnect(timeout=WITHIN)
