"""StashHog below a path of a host that has other pages, too: STASHHOG_BASE_PATH."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import set_script_prefix

from stashhog.http.middleware import RAW_HEADERS
from stashhog.proxies.forwarded import Application, Scope

ELSEWHERE = (
    "StashHog is at {base}/ here (STASHHOG_BASE_PATH). If you asked for an address below that, the proxy has taken "
    "{base} off: let it pass the path on as it is.\n"
)


class BelowBasePath:
    """ASGI middleware: what is asked for below the path is passed on, the rest is answered here.

    ``everywhere``: paths that are passed on without it, too. The root path of the scope is never the client's, from
    whom daphne takes it in a header.
    """

    def __init__(self, application: Application, base: str, everywhere: Iterable[str]):
        self.application, self.base, self.everywhere = application, base, set(everywhere)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path.startswith(f"{self.base}/") or path in self.everywhere:
            # A request has it set by Django, and a WebSocket by nobody; its tasks and threads have it from here.
            set_script_prefix(f"{self.base}/")
            await self.application({**scope, "root_path": self.base}, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await self.elsewhere(path, send)

    async def elsewhere(self, path: str, send: Any) -> None:
        if path == self.base:
            await answer(send, 302, location=f"{self.base}/")
        else:
            await answer(send, 404, ELSEWHERE.format(base=self.base))


async def answer(send: Any, status: int, text: str = "", location: str = "") -> None:
    headers = [*RAW_HEADERS, (b"content-type", b"text/plain; charset=utf-8")]
    headers += [(b"location", location.encode())] if location else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
