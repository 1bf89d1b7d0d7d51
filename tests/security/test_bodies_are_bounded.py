"""A body that is too large is refused before it is read: by its announced length, or as soon as it is too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from stashhog.asgi import application
from stashhog.http.bodies import MAX_BODY

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 30.0  # seconds: a machine may be busy
PIECE = b"x" * (1 << 20)


def asked(path: str = "/api/jobs", **headers: str) -> ApplicationCommunicator:
    given = [
        (b"host", b"localhost"),
        *((name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()),
    ]
    return ApplicationCommunicator(
        application,
        {
            "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": given, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        },
    )  # fmt: skip


async def refused(request: ApplicationCommunicator) -> bool:
    start: Any = await request.receive_output(WITHIN)
    body: Any = await request.receive_output(WITHIN)
    headers = dict(start["headers"])
    assert headers[b"connection"] == b"close", "what is still on its way is not read"
    assert headers[b"content-security-policy"] and headers[b"x-content-type-options"] == b"nosniff"
    return start["status"] == 413 and json.loads(body["body"])["error"]["code"] == "too_large"


@pytest.mark.parametrize("length", [str(MAX_BODY + 1), "9" * 400])
async def test_a_length_that_is_announced_is_refused_before_a_byte_is_read(length: str) -> None:
    assert await refused(asked(content_length=length))


@pytest.mark.parametrize("path", ["/api/jobs", "/jobs/start", "/nothing", "/admin/login/"])
async def test_one_that_is_not_announced_is_refused_when_it_is_too_much(path: str) -> None:
    request = asked(path, transfer_encoding="chunked", content_type="application/json")
    for _ in range(MAX_BODY // len(PIECE) + 1):
        await request.send_input({"type": "http.request", "body": PIECE, "more_body": True})
    assert await refused(request)


async def test_one_that_announces_less_than_it_sends_is_refused_too() -> None:
    request = asked(content_length="10", content_type="application/json")
    for _ in range(MAX_BODY // len(PIECE) + 1):
        await request.send_input({"type": "http.request", "body": PIECE, "more_body": True})
    assert await refused(request)
