"""What a test can do to any simulator: make it fail on purpose, and read what it was asked.

The same can be asked for over HTTP, under `/_simulator/` (for a simulator in a process of its own):

    POST   /_simulator/faults    {"kind": "hang", "path": "^/graphql", "body": "FindScenes", "times": 1}
    DELETE /_simulator/faults    ends all faults; hanging requests go on
    GET    /_simulator/requests  [{"method", "path", "body", "status", "seconds"}, …], oldest first
    DELETE /_simulator/requests  forgets them
    POST   /_simulator/away      {"seconds": 5}: refuses connections that long (see `serving`)
"""

import asyncio
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Kind = Literal["latency", "hang", "http", "reset", "lose_answer"]
PREFIX = "/_simulator/"
POLL = 0.01  # seconds between two looks at whether a hanging request may go on
LOGGED = 20_000  # requests kept, the newest
LOGGED_BODY = 20_000  # characters kept of each request's body


@dataclass(eq=False)
class HttpFault:
    """One way to fail, for the requests that match it.

    latency: answers `seconds` later. hang: no answer until the fault is cleared. http: answers `status`
    and `text` without doing anything. reset: the connection is reset without doing anything.
    lose_answer: does what was asked, then resets the connection.
    """

    kind: Kind
    path: str = ""  # regular expression, searched in path and query; empty: every request
    body: str = ""  # regular expression, searched in the body
    method: str = ""
    status: int = 500
    text: str = "Internal Server Error"
    content_type: str = "text/plain"
    seconds: float = 0.0
    after: int = 0  # so many matching requests are let through first
    times: int | None = None  # so many are hit; None: until cleared
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"unknown fault {self.kind!r}, known are {', '.join(get_args(Kind))}")

    def matches(self, record: "Record") -> bool:
        return (
            self.method in ("", record.method)
            and re.search(self.path, record.path) is not None
            and re.search(self.body, record.body) is not None
        )

    def take(self) -> bool:
        """Whether this matching request is hit; counts it."""
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        self.hits += 1
        return True


@dataclass(eq=False)
class Record:
    """A request that came in. `status` is None while it is being answered, 0 if it was reset."""

    method: str
    path: str  # with the query
    body: str
    headers: dict[str, str]
    status: int | None = None
    seconds: float | None = None


class Control:
    """The faults and the request log of one simulator. Every method may be called from any thread."""

    def __init__(self) -> None:
        self.faults: list[HttpFault] = []
        self.requests: deque[Record] = deque(maxlen=LOGGED)
        self._news = threading.Condition()

    def arm(self, kind: Kind, **options: object) -> HttpFault:
        """Fail from now on: see `Fault`. ValueError or TypeError for what it doesn't know."""
        fault = HttpFault(kind, **options)  # type: ignore[arg-type]
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        self.faults.clear()

    def forget(self) -> None:
        self.requests.clear()

    def asked(self, path: str = "", body: str = "", method: str = "") -> list[Record]:
        """The requests so far whose path and body match these regular expressions."""
        wanted = HttpFault("hang", path=path, body=body, method=method)
        return [record for record in list(self.requests) if wanted.matches(record)]

    def wait(self, path: str = "", body: str = "", count: int = 1, timeout: float = 10.0) -> list[Record]:
        """Waits until `count` such requests came in. TimeoutError after `timeout` seconds."""
        with self._news:
            if self._news.wait_for(lambda: len(self.asked(path, body)) >= count, timeout):
                return self.asked(path, body)
        raise TimeoutError(f"fewer than {count} requests for {path!r} {body!r} within {timeout} s")

    def install(self, app: web.Application) -> None:
        """Adds the middleware and the control endpoints to the simulator's application."""

        @web.middleware  # marks the function, which a bound method doesn't allow
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.watch(request, handler)

        app.middlewares.insert(0, watch)
        app.router.add_post(f"{PREFIX}faults", self.post_fault)
        app.router.add_delete(f"{PREFIX}faults", self.delete_faults)
        app.router.add_get(f"{PREFIX}requests", self.get_requests)
        app.router.add_delete(f"{PREFIX}requests", self.delete_requests)

    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Notes the request, what it was answered and after how long; its answer is the one that the faults leave."""
        if request.path.startswith(PREFIX):
            return await handler(request)
        record, started = await self.note(request), time.monotonic()
        try:
            answer = await self.answer(request, record, handler)
            record.status = answer.status
        except web.HTTPException as error:
            record.status = error.status
            raise
        finally:
            record.seconds = time.monotonic() - started
        if request.transport is None or request.transport.is_closing():
            record.status = 0
        return answer

    async def note(self, request: web.Request) -> Record:
        """The request's row in the log; whoever waits for one looks again."""
        # A multipart body can be read only once, by the handler.
        readable = request.body_exists and not request.content_type.startswith("multipart/")
        body = (await request.read()).decode("utf-8", "replace") if readable else ""
        record = Record(request.method, request.path_qs, body[:LOGGED_BODY], dict(request.headers))
        with self._news:
            self.requests.append(record)
            self._news.notify_all()
        return record

    async def answer(self, request: web.Request, record: Record, handler: Handler) -> web.StreamResponse:
        """The handler's answer, or that of the faults that the request meets."""
        hit = [fault for fault in list(self.faults) if fault.matches(record) and fault.take()]
        for fault in hit:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            while fault.kind == "hang" and fault in self.faults:
                await asyncio.sleep(POLL)
            if fault.kind == "reset":
                return reset(request)
            if fault.kind == "http":
                return web.Response(status=fault.status, text=fault.text, content_type=fault.content_type)
        answer = await handler(request)
        if any(fault.kind == "lose_answer" for fault in hit):
            return reset(request)
        return answer

    async def post_fault(self, request: web.Request) -> web.Response:
        """See `arm`. 400 for what it doesn't know."""
        try:
            self.arm(**await request.json())
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"armed": len(self.faults)})

    async def delete_faults(self, request: web.Request) -> web.Response:
        """See `clear`."""
        self.clear()
        return web.json_response({"armed": 0})

    async def get_requests(self, request: web.Request) -> web.Response:
        """The request log, oldest first."""
        return web.json_response([asdict(record) for record in self.requests])

    async def delete_requests(self, request: web.Request) -> web.Response:
        """See `forget`."""
        self.forget()
        return web.json_response([])


def reset(request: web.Request) -> web.Response:
    """Ends the request's connection with a TCP reset; what is returned is never sent."""
    if request.transport is not None:
        sock = request.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()
