"""The HTTP server: routes, listening, going away and coming back, and a clean end."""

from __future__ import annotations

import asyncio
import socket

from aiohttp import web

from .graphql.endpoint import Endpoint
from .graphql.subscriptions import Sockets
from .media.serving import Media
from .simulator import Simulator
from .web.access import middlewares
from .web.answers import reset_transport
from .web.control import StashControl

HOST = "127.0.0.1"
MAX_BODY = 1 << 30  # bytes
SHUTDOWN = 30.0  # seconds for requests in flight


class StashServer:
    """``start`` and ``close`` belong to one event loop. ``port`` 0: any free one."""

    def __init__(self, simulator: Simulator, port: int = 0):
        self.simulator = simulator
        # Bound as long as the server lives and never listening: the port stays ours while it is away.
        self.reserved = _bound(port)
        self.port: int = self.reserved.getsockname()[1]
        self.closing = asyncio.Event()
        self.sockets = Sockets(simulator)
        self.runner = web.AppRunner(
            self.application(), access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN
        )
        self.site: web.SockSite | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        await self.runner.setup()
        await self.come_back()

    async def close(self) -> None:
        """Requests in flight are answered, the running job is lost."""
        self.closing.set()
        await self.simulator.jobs.lose()
        await self.sockets.close()
        await self.runner.cleanup()
        self.simulator.close()
        self.reserved.close()

    # --- outages ---

    async def go_away(self) -> None:
        """Nobody listens any more; open connections are reset."""
        if self.site is not None:
            await self.site.stop()
            self.site = None
        assert self.runner.server is not None
        for connection in self.runner.server.connections:
            if connection.transport is not None:
                reset_transport(connection.transport)

    async def come_back(self) -> None:
        if self.site is None:
            self.site = web.SockSite(self.runner, _bound(self.port))
            await self.site.start()

    async def be_away(self, seconds: float) -> None:
        await self.go_away()
        await asyncio.sleep(seconds)
        await self.come_back()

    # --- routes ---

    def application(self) -> web.Application:
        """All routes, and what stands before them."""
        simulator = self.simulator
        application = web.Application(middlewares=middlewares(simulator, self.closing), client_max_size=MAX_BODY)
        application.add_routes(
            [
                web.post("/graphql", Endpoint(simulator, self.closing).post),
                web.get("/graphql", self.sockets.connect, allow_head=False),
                web.get("/healthz", healthy),
                web.get("/login", login),
                *Media(simulator).routes(),
                *StashControl(simulator, self.be_away).routes(),
            ]
        )
        return application


def _bound(port: int) -> socket.socket:
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind((HOST, port))
    return place


async def healthy(request: web.Request) -> web.Response:
    """200 without a key."""
    return web.Response()


async def login(request: web.Request) -> web.Response:
    """Where media without a key are redirected to."""
    return web.Response(text="<html><body>Login</body></html>", content_type="text/html")
