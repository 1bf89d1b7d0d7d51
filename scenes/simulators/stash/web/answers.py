"""How an answer goes out, and how it doesn't: resets, half answers, drips."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

from aiohttp import web

from ..graphql.numbers import unmark
from .faults import Fault

JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"
DRIP = 20  # pieces of a dripping answer
HTML = "<html><body><h1>It works!</h1></body></html>"


def encode(content: dict[str, Any]) -> bytes:
    return unmark(json.dumps(content, separators=(",", ":")).encode())


def content_type(request: web.Request) -> str:
    """The first type of the Accept header that Stash can give; ``*/*`` means the GraphQL one."""
    for part in request.headers.get("Accept", "*/*").split(","):
        kind = part.split(";")[0].strip().lower()
        if kind == JSON:
            return JSON
        if kind in ("*/*", "application/*", GRAPHQL_JSON):
            return GRAPHQL_JSON
    return JSON


def json_answer(request: web.Request, content: dict[str, Any], status: int = 200) -> web.Response:
    kind = content_type(request)
    response = web.Response(body=encode(content), status=status, content_type=kind)
    if kind == JSON and "gzip" in request.headers.get("Accept-Encoding", "").lower():
        response.enable_compression(web.ContentCoding.gzip)
    return response


async def before(request: web.Request, fault: Fault, closing: asyncio.Event) -> web.StreamResponse:
    """The answer of a request that is not carried out."""
    if fault.status is not None:
        return web.Response(status=fault.status, text=fault.message or "")
    if fault.fault == "not_json":
        return web.Response(text=HTML, content_type="text/html")
    if fault.fault == "hang":
        await pause(fault.seconds, closing)
    return drop(request)


async def after(
    request: web.Request, response: web.Response, fault: Fault, closing: asyncio.Event
) -> web.StreamResponse:
    """The answer of a request that was carried out."""
    if fault.fault == "slow":
        await pause(fault.seconds, closing)
        return response
    if fault.fault == "truncated":
        return await half(request, response)
    if fault.fault == "drip":
        return await drip(request, response, fault.seconds, closing)
    if fault.fault == "hang_after":
        await pause(fault.seconds, closing)
        return drop(request)
    return reset(request)


async def pause(seconds: float, closing: asyncio.Event) -> None:
    """Let ``seconds`` pass, or less when the server closes."""
    try:
        await asyncio.wait_for(closing.wait(), seconds)
    except TimeoutError:
        return


def drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def reset(request: web.Request) -> web.Response:
    """End the connection with RST, not with FIN."""
    if request.transport is not None:
        reset_transport(request.transport)
    return web.Response()


def reset_transport(transport: asyncio.BaseTransport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.Transport):
        transport.abort()


async def _begin(request: web.Request, response: web.Response) -> tuple[web.StreamResponse, bytes]:
    body = response.body if isinstance(response.body, bytes) else b""
    stream = web.StreamResponse(status=response.status, headers={"Content-Type": response.content_type})
    stream.content_length = len(body)
    await stream.prepare(request)
    return stream, body


async def half(request: web.Request, response: web.Response) -> web.StreamResponse:
    """The first half of the answer, then the connection ends."""
    stream, body = await _begin(request, response)
    await stream.write(body[: len(body) // 2])
    drop(request)
    return stream


async def drip(
    request: web.Request, response: web.Response, seconds: float, closing: asyncio.Event
) -> web.StreamResponse:
    """The answer, a few bytes at a time, over so many seconds."""
    stream, body = await _begin(request, response)
    size = max(1, len(body) // DRIP)
    for start in range(0, len(body), size):
        await pause(seconds * size / len(body), closing)
        try:
            await stream.write(body[start : start + size])
        except ConnectionError:
            break
    return stream
