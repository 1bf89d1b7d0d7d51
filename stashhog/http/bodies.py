"""Bodies of requests: refused as soon as they are too large, before Django has any of them in memory."""

from __future__ import annotations

import json
from typing import Any

from jobs.live.asgi_types import Application, Message, Receive, Send
from jobs.web.api.errors import error_body
from stashhog.http.middleware import RAW_HEADERS

MAX_BODY = (
    5 * 1024 * 1024
)  # bytes; Django's own limits for forms and JSON are stricter, but only for a length announced


class BoundedBody:
    """ASGI middleware around an HTTP application: a body of more than MAX_BODY bytes is answered 413."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if announced_length(scope) > MAX_BODY:
            await _refuse(send)
            return
        body = _Counted(receive)
        await self.application(scope, body.receive, send)
        if body.left < 0:
            await _refuse(send)


class _Counted:
    """Messages up to MAX_BODY bytes of a body; then it looks as if the client had gone.

    Django reads a body to its end before it does anything, so at this it answers nothing and only cleans up.
    """

    def __init__(self, receive: Receive):
        self._receive, self.left = receive, MAX_BODY

    async def receive(self) -> Message:
        message = await self._receive()
        self.left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.left < 0 else message


def announced_length(scope: dict[str, Any]) -> int:
    """Bytes; 0 when there is none or no number, and just more than MAX_BODY for one that is absurd."""
    given = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if not given.isdigit():
        return 0
    return int(given) if len(given) < 20 else MAX_BODY + 1


async def _refuse(send: Send) -> None:
    body = json.dumps(error_body(413)).encode()
    headers = [
        *RAW_HEADERS,
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
