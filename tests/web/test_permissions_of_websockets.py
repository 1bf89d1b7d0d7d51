"""Every WebSocket, for everybody who may come to it: what tests/web/permissions/table.py says, and nothing else."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator

from stashhog.asgi import application
from tests.web.factories import make_run
from tests.web.permissions import table
from tests.web.permissions.visitors import Visitor, people, programs

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_lasting_connections"),
]
WITHIN = 60.0  # seconds: a machine may be busy


@database_sync_to_async
def visitors() -> list[tuple[Visitor, list[tuple[bytes, bytes]], dict[str, bool]]]:
    """Each with the headers of a WebSocket, and which addresses it is let in to."""
    found = []
    for visitor in (*people(), *programs()):
        headers = [(name.encode(), value.encode()) for name, value in visitor.headers.items()]
        if not visitor.has_token:
            cookies = visitor.client().cookies
            cookie = f"stashhog_session={cookies['stashhog_session'].value}" if "stashhog_session" in cookies else ""
            headers += [(b"cookie", cookie.encode()), (b"origin", b"http://localhost:8000")]
            headers += [(b"host", b"localhost:8000")]
        expected = {where: visitor.expected(rule, True) == "in" for where, rule in table.WEBSOCKETS.items()}
        found.append((visitor, headers, expected))
    return found


async def is_let_in(address: str, headers: list[tuple[bytes, bytes]]) -> bool:
    communicator = WebsocketCommunicator(application, address, headers)
    accepted, _ = await communicator.connect(WITHIN)
    await communicator.disconnect(timeout=WITHIN)
    return bool(accepted)


async def test_each_visitor_is_let_in_where_the_table_says_and_nowhere_else():
    channel_layers.backends.clear()
    run = await database_sync_to_async(make_run)()
    met: list[bool] = []
    for visitor, headers, expected in await visitors():
        for where, may in expected.items():
            address = where.replace("<uuid:job_id>", str(run.pk))
            met.append(await is_let_in(address, headers))
            assert met[-1] == may, f"{where}: {visitor.name}"
        assert not await is_let_in("/ws/something/else/", headers)
    assert {True, False} == set(met)
