"""Runs a simulator's aiohttp application as a real HTTP server, in a thread or as a process.

    with in_thread(Server(app, name="Stash")) as server:
        server.url, server.control.arm("hang", path="^/graphql"), server.go_away(), server.come_back()

    run_process(Server(app, name="Stash", port=0))  # prints "Stash simulator on http://127.0.0.1:PORT"

A server that is away refuses connections, as a stopped one does, and comes back on the same port.
"""

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from aiohttp import web

from scenes.simulators.control import PREFIX, Control

T = TypeVar("T")
START_TIMEOUT = 10.0  # seconds
STOP_TIMEOUT = 0.2  # seconds that requests in flight are given when the server stops


class Server:
    """One listening simulator. `url` holds from the start, also while the server is away."""

    def __init__(
        self,
        app: web.Application,
        *,
        name: str,
        host: str = "127.0.0.1",
        port: int = 0,
        control: Control | None = None,
    ) -> None:
        self.app, self.name, self.host = app, name, host
        self.control = control or Control()
        self.control.install(app)
        app.router.add_post(f"{PREFIX}away", self.post_away)
        # Bound for the server's whole life but never listening: keeps the port ours while it is away.
        self._reserved = _bound(host, port)
        self.port: int = self._reserved.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._site: web.SockSite | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=STOP_TIMEOUT)
        await self._runner.setup()
        await self._listen()

    async def serve(self, listening: Callable[[], None], stopped: Callable[[], Awaitable[object]]) -> None:
        """Opens, says that it is `listening`, and closes once `stopped` comes back. OSError if it can't listen."""
        await self.open()
        listening()
        await stopped()
        await self.close()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.control.clear()
        await self._runner.cleanup()
        self._reserved.close()

    def call(self, function: Callable[..., T], *args: Any, **options: Any) -> T:
        """Runs `function` in the server's own thread, where all its state lives, and gives its result."""

        async def on_loop() -> T:
            return function(*args, **options)

        return self._run(on_loop())

    def go_away(self, seconds: float | None = None) -> None:
        """Refuses and resets all connections, for `seconds` or until `come_back`."""
        self._run(self._go_away(seconds))

    def come_back(self) -> None:
        self._run(self._listen())

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None, "the server is not running"
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(START_TIMEOUT)

    async def _listen(self) -> None:
        if self._site is None:
            self._site = web.SockSite(self._runner, _bound(self.host, self.port))
            await self._site.start()

    async def _go_away(self, seconds: float | None, spare: object = None) -> None:
        if self._site is not None:
            await self._site.stop()
            self._site = None
        for connection in self._runner.server.connections if self._runner.server else []:
            if connection is not spare and connection.transport is not None:
                connection.transport.abort()
        if seconds is None:
            return

        async def return_later() -> None:
            await asyncio.sleep(seconds)
            await self._listen()

        task = asyncio.create_task(return_later())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def post_away(self, request: web.Request) -> web.Response:
        """Leaves at once, with this answer as the last one."""
        seconds = float((await request.json())["seconds"])
        await self._go_away(seconds, spare=request.protocol)
        answer = web.json_response({"away": seconds})
        answer.force_close()
        return answer


@contextlib.contextmanager
def in_thread(server: Server) -> Iterator[Server]:
    """The server in a thread of its own, listening from the first line of the block to its end."""
    started, stop = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            asyncio.run(server.serve(started.set, lambda: asyncio.to_thread(stop.wait)))
        except OSError as error:
            failures.append(error)
            started.set()

    thread = threading.Thread(target=serve, name=server.name, daemon=True)
    thread.start()
    if not started.wait(START_TIMEOUT) or failures:
        raise RuntimeError(f"the {server.name} simulator did not start") from next(iter(failures), None)
    try:
        yield server
    finally:
        stop.set()
        thread.join(START_TIMEOUT)


def run_process(server: Server) -> None:
    """Serves until SIGTERM or SIGINT, then returns; says on stdout when it listens, and where."""

    def listening() -> None:
        sys.stdout.write(f"{server.name} simulator on {server.url}\n")
        sys.stdout.flush()

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await server.serve(listening, stop.wait)

    asyncio.run(serve())


def parser(name: str) -> ArgumentParser:
    """The command line that all simulators share."""
    command_line = ArgumentParser(description=f"A {name} that is not one: answers as a real one does.")
    command_line.add_argument("--host", default="127.0.0.1")
    command_line.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    return command_line


def _bound(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock
