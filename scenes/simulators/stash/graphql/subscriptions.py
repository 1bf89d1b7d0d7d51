"""Subscriptions over a WebSocket, in both dialects: `graphql-transport-ws` and the older `graphql-ws`.

They are hints: nothing is replayed, and what a slow reader doesn't take in time is dropped.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from .context import Context
from .endpoint import origin
from .schema import Operation, Refused, prepare

if TYPE_CHECKING:
    from ..simulator import Simulator

NEW, OLD = "graphql-transport-ws", "graphql-ws"
KEPT = 100  # values that wait for a slow reader; those after it are dropped
UNAUTHORIZED, IN_USE, TWICE, INVALID = 4401, 4409, 4429, 4400  # close codes of graphql-transport-ws
WORDS = {
    NEW: {"subscribe": "subscribe", "stop": "complete", "next": "next"},
    OLD: {"subscribe": "start", "stop": "stop", "next": "data"},
}

Queue = asyncio.Queue[Any]


class Source:
    """Puts the values of one root field into a queue until it is closed."""

    def __init__(self, simulator: Simulator, field: str):
        self.queue: Queue = asyncio.Queue(KEPT)
        sources: dict[str, tuple[list[Any], Callable[..., None]]] = {
            "jobsSubscribe": (simulator.jobs.listeners, self.put),
            "loggingSubscribe": (simulator.log.listeners, lambda entry: self.put([entry])),
            "scanCompleteSubscribe": (simulator.scan_listeners, lambda: self.put(True)),
        }
        self.listeners, self.take = sources[field]
        self.listeners.append(self.take)

    def put(self, value: Any) -> None:
        if not self.queue.full():
            self.queue.put_nowait(value)

    def close(self) -> None:
        self.listeners.remove(self.take)


class Connection:
    """One WebSocket and the subscriptions on it."""

    def __init__(self, simulator: Simulator, request: web.Request, socket: web.WebSocketResponse):
        self.simulator, self.request, self.socket = simulator, request, socket
        self.dialect = socket.ws_protocol or OLD
        self.words = WORDS[self.dialect]
        self.greeted = False
        self.tasks: dict[str, asyncio.Task] = {}

    async def serve(self) -> None:
        try:
            async for message in self.socket:
                if message.type is WSMsgType.TEXT:
                    await self.take(message.data)
        finally:
            for task in self.tasks.values():
                task.cancel()

    async def take(self, text: str) -> None:
        """One message of the client; what is none ends the connection, an unknown kind is passed over."""
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, TypeError, KeyError):
            await self.socket.close(code=INVALID, message=b"invalid message")
            return
        if kind == "connection_init":
            await self.greet()
        elif kind == "ping":
            await self._send({"type": "pong"})
        elif kind == self.words["subscribe"]:
            await self.subscribe(str(message.get("id")), message.get("payload") or {})
        elif kind == self.words["stop"]:
            await self.stop(str(message.get("id")))
        elif kind == "connection_terminate":
            await self.socket.close()

    async def greet(self) -> None:
        """What must come before any subscription; twice only in the older dialect."""
        if self.greeted and self.dialect == NEW:
            await self.socket.close(code=TWICE, message=b"too many initialisation requests")
            return
        self.greeted = True
        await self._send({"type": "connection_ack"})
        if self.dialect == OLD:
            await self._send({"type": "ka"})

    async def subscribe(self, key: str, payload: dict[str, Any]) -> None:
        """Follows the subscription, or answers a query or mutation at once."""
        if not self.greeted:
            await self.socket.close(code=UNAUTHORIZED, message=b"unauthorized")
            return
        if key in self.tasks:
            await self.socket.close(code=IN_USE, message=f"subscriber for {key} already exists".encode())
            return
        try:
            operation = prepare(payload.get("query") or "", payload.get("variables"), payload.get("operationName"))
        except Refused as refused:
            await self._send({"id": key, "type": "error", "payload": refused.errors})
            return
        context = Context(self.simulator, origin(self.request))
        if operation.kind != "subscription":
            await self._next(key, self.simulator.run(operation, context))
            await self._send({"id": key, "type": "complete"})
            return
        # Listened to from here on, before the task's first turn, so that nothing after this moment is missed.
        source = Source(self.simulator, operation.field_names[0])
        self.tasks[key] = asyncio.create_task(self.follow(key, operation, context, source))

    async def follow(self, key: str, operation: Operation, context: Context, source: Source) -> None:
        """Sends each value of the source until the subscription or the connection ends."""
        projection = self.simulator.projection(operation, context)
        selections = operation.node.selection_set.selections
        [(name, nodes)] = projection.fields(operation.root, selections).items()
        convert = projection.value(operation.root.fields[nodes[0].name.value].type, nodes)
        try:
            while True:
                value = await source.queue.get()
                await self._next(key, {"data": {name: convert(value) if convert else value}})
        except ConnectionError:
            return
        finally:
            source.close()

    async def stop(self, key: str) -> None:
        """Ends one subscription; the older dialect confirms that."""
        task = self.tasks.pop(key, None)
        if task is not None:
            task.cancel()
            if self.dialect == OLD:
                await self._send({"id": key, "type": "complete"})

    async def _next(self, key: str, payload: dict[str, Any]) -> None:
        await self._send({"id": key, "type": self.words["next"], "payload": payload})

    async def _send(self, message: dict[str, Any]) -> None:
        await self.socket.send_json(message)


class Sockets:
    def __init__(self, simulator: Simulator):
        self.simulator = simulator
        self.open: set[web.WebSocketResponse] = set()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """A key in the upgrade request was looked at before; one in ``connection_init`` never is."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.json_response({"errors": [{"message": "transport not supported"}], "data": None}, status=400)
        socket = web.WebSocketResponse(protocols=(NEW, OLD))
        await socket.prepare(request)
        self.open.add(socket)
        try:
            await Connection(self.simulator, request, socket).serve()
        finally:
            self.open.discard(socket)
        return socket

    async def close(self) -> None:
        for socket in list(self.open):
            await socket.close(code=1001, message=b"server shutdown")
