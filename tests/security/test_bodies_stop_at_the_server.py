"""The server itself keeps no more of a body than may be, nor waits longer for one: Django is asked once it is there.

Daphne's own protocol, with a connection of the test's.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web.http import HTTPChannel

from stashhog.http import server
from stashhog.http.bodies import MAX_BODY
from stashhog.http.server import FARTHEST, PATIENCE, BoundedRequest

PIECE = b"x" * (1 << 20)


class Connection:
    """What a client sends; ``asked``: what Django got to see."""

    def __init__(self, clock: Clock):
        self.asked: list[Any] = []
        self.transport = StringTransport()
        self.channel = HTTPChannel()
        self.channel.requestFactory = BoundedRequest
        self.channel.callLater = clock.callLater  # type: ignore[method-assign, assignment]
        server = SimpleNamespace(
            protocol_connected=lambda protocol: None, protocol_disconnected=lambda protocol: None, root_path="",
            proxy_forwarded_address_header=None, server_name="", create_application=self.asks,
            log_action=lambda *action: None,
        )  # fmt: skip
        self.channel.factory = SimpleNamespace(server=server, log=lambda request: None)
        self.channel.makeConnection(self.transport)

    def asks(self, request: Any, scope: Any) -> Any:
        self.asked.append(request.content.read())
        request.content.seek(0)
        return SimpleNamespace(put_nowait=lambda message: None)

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            if not self.is_gone:
                self.channel.dataReceived(piece)

    def begin(self, *headers: bytes) -> None:
        self.send(b"POST /api/jobs HTTP/1.1\r\nHost: x\r\n" + b"".join(line + b"\r\n" for line in headers) + b"\r\n")

    @property
    def kept(self) -> int:
        """Bytes of the body."""
        content = self.channel.requests[0].content
        return int(content.seek(0, 2))

    @property
    def is_gone(self) -> bool:
        return bool(self.transport.disconnecting or self.transport.disconnected)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(server, "reactor", clock)
    return clock


def test_a_body_that_is_not_too_large_arrives_whole(clock: Clock) -> None:
    connection = Connection(clock)
    connection.begin(b"Content-Length: %d" % MAX_BODY)
    connection.send(*[PIECE] * (MAX_BODY // len(PIECE)))
    assert connection.asked == [b"x" * MAX_BODY]
    clock.advance(PATIENCE + 1)
    assert not connection.is_gone, "how long an answer takes is another matter"


def test_of_one_that_is_too_large_no_more_is_kept_and_django_refuses_it(clock: Clock) -> None:
    connection = Connection(clock)
    connection.begin(b"Content-Length: %d" % (2 * MAX_BODY))
    connection.send(*[PIECE] * (2 * MAX_BODY // len(PIECE) - 1))
    assert connection.kept <= MAX_BODY + len(PIECE)
    connection.send(PIECE)
    (asked,) = connection.asked
    assert len(asked) > MAX_BODY, "as much as shows that it is too large"


def test_so_it_is_where_no_length_is_announced(clock: Clock) -> None:
    connection = Connection(clock)
    connection.begin(b"Transfer-Encoding: chunked")
    for _ in range(2 * MAX_BODY // len(PIECE)):
        connection.send(b"%x\r\n" % len(PIECE), PIECE, b"\r\n")
    assert connection.kept <= MAX_BODY + len(PIECE)
    connection.send(b"0\r\n\r\n")
    assert len(connection.asked[0]) > MAX_BODY


@pytest.mark.parametrize("header", [b"Transfer-Encoding: chunked", b"Content-Length: 99999999999"])
def test_one_without_an_end_is_cut_off(clock: Clock, header: bytes) -> None:
    connection, sent = Connection(clock), 0
    connection.begin(header)
    while not connection.is_gone:
        connection.send(*((b"%x\r\n" % len(PIECE), PIECE, b"\r\n") if b"chunked" in header else (PIECE,)))
        sent += len(PIECE)
        assert sent <= FARTHEST + len(PIECE)
    assert not connection.asked


@pytest.mark.parametrize(
    "begun", [b"POST /api/jobs HTTP/1.1\r\n", b"POST /api/jobs HTTP/1.1\r\nContent-Length: 9\r\n\r\n"]
)
def test_whoever_takes_too_long_to_ask_is_cut_off(clock: Clock, begun: bytes) -> None:
    connection = Connection(clock)
    connection.send(begun)
    for _ in range(PATIENCE - 1):
        clock.advance(1)
        connection.send(b"x" if begun.endswith(b"\r\n\r\n") and connection.kept < 8 else b"")
    assert not connection.is_gone
    clock.advance(2)
    assert connection.is_gone and not connection.asked


def test_what_the_server_refuses_by_itself_has_the_headers_of_every_answer(clock: Clock) -> None:
    connection = Connection(clock)
    connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nA: x\x0by\r\n\r\n")
    head, _, body = connection.transport.value().decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400") and "Invalid header value" in body
    assert "default-src 'self'" in head and "nosniff" in head and "text/plain" in head


def test_below_api_it_has_the_one_format_of_errors(clock: Clock) -> None:
    connection = Connection(clock)
    connection.send(b"GET /api/jobs HTTP/1.1\r\nHost: x\r\nA: x\x0by\r\n\r\n")
    head, _, body = connection.transport.value().decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400") and "application/json" in head
    assert set(json.loads(body.splitlines()[1])["error"]) == {"code", "message", "detail"}
