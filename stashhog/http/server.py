"""How daphne takes requests: it hands one on once all of it is there, and until then nobody else can bound it."""

from __future__ import annotations

import json
from typing import Any

from daphne import http_protocol
from daphne.http_protocol import WebRequest
from django.conf import settings
from twisted.internet import reactor as twisted_reactor

from jobs.web.api.errors import error_body
from stashhog.http.bodies import MAX_BODY
from stashhog.http.middleware import RAW_HEADERS

FARTHEST = 10 * MAX_BODY  # bytes of a body that are read, and not kept, so that its sender gets to read the refusal
PATIENCE = 120  # seconds for a request to arrive
reactor: Any = twisted_reactor  # its interfaces are none to mypy


class BoundedRequest(WebRequest):
    """Of a body that is too large no more is kept than shows that: `stashhog.http.bodies` refuses it then."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.received = 0
        self.deadline = reactor.callLater(PATIENCE, self.cut_off)

    def handleContentChunk(self, data: bytes) -> None:
        if self.received <= MAX_BODY:
            super().handleContentChunk(data)
        self.received += len(data)
        if self.received > FARTHEST:
            self.cut_off()

    def process(self) -> Any:
        self._in_time()
        return super().process()

    def connectionLost(self, reason: Any) -> None:
        self._in_time()
        super().connectionLost(reason)

    def cut_off(self) -> None:
        self._in_time()
        self.channel.forceAbortClient()

    def _in_time(self) -> None:
        if self.deadline.active():
            self.deadline.cancel()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """What is refused before Django is asked, or fails outside of it."""
        is_api = bytes(self.uri).startswith(f"{settings.BASE_PATH}/api/".encode())
        kind = b"application/json" if is_api else b"text/plain; charset=utf-8"
        text = json.dumps(error_body(status)) if is_api else f"{body}\n"
        self.handle_reply(
            {"type": "http.response.start", "status": status, "headers": [*RAW_HEADERS, (b"content-type", kind)]}
        )
        self.handle_reply({"type": "http.response.body", "body": text.encode()})


def install() -> None:
    """Have daphne's server take requests so."""
    http_protocol.WebRequest = BoundedRequest  # type: ignore[misc]
