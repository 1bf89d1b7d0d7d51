"""Who may ask, and what is noted of each request."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from . import answers
from .control import PREFIX
from .journal import ENTRY, Entry

if TYPE_CHECKING:
    from ..simulator import Simulator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OPEN = ("/healthz", "/login", "/favicon.ico")


def middlewares(simulator: Simulator, closing: asyncio.Event) -> list:
    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(PREFIX):
            return await handler(request)
        entry = request[ENTRY] = simulator.journal.add(request.method, request.path, dict(request.headers))
        if simulator.settings.latency:
            await answers.pause(simulator.settings.latency, closing)
        return await noted(entry, request, handler)

    @web.middleware
    async def check_key(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith((PREFIX, *OPEN)):
            return await handler(request)
        return refusal(simulator, request) or await handler(request)

    @web.middleware
    async def media_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = None if request.path == "/graphql" else simulator.faults.take((), request.path)
        if fault is None or not fault.is_before:
            return await handler(request)
        request[ENTRY].fault = fault.fault
        return await answers.before(request, fault, closing)

    return [note, check_key, media_faults]


async def noted(entry: Entry, request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer; its status, and how long it took, go into the entry."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        entry.status = error.status
        raise
    entry.seconds = time.time() - entry.at
    is_disconnected = request.transport is None or request.transport.is_closing()
    entry.status = None if is_disconnected else response.status
    return response


def refusal(simulator: Simulator, request: web.Request) -> web.Response | None:
    """None: the request may go on. A wrong key is refused where none is needed, too."""
    expected = simulator.settings.api_key
    given = request.headers.get("ApiKey") or request.query.get("apikey")
    if given:
        right = expected is not None and hmac.compare_digest(given.encode(), expected.encode())
        return None if right else web.Response(status=401)
    if expected is None:
        return None
    if request.path == "/graphql":
        return web.Response(status=401)
    return web.Response(status=302, headers={"Location": "/login"})
