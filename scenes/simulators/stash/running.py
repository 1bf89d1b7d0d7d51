"""A Stash inside a test's own process: real HTTP on a real port, in a thread of its own."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from .jobs.queue import Job
from .library import seeding
from .library.records import Scene
from .library.state import LibraryState, dump
from .server import StashServer
from .settings import Settings
from .simulator import Simulator
from .web.faults import Fault
from .web.journal import Entry

T = TypeVar("T")
DEADLINE = 60.0  # seconds for anything asked of the simulator's thread


class RunningStash:
    """What a test has in hand. Everything that changes the simulator runs in its own thread."""

    def __init__(self, simulator: Simulator, server: StashServer, loop: asyncio.AbstractEventLoop):
        self.simulator, self.server, self.loop = simulator, server, loop

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def state(self) -> LibraryState:
        """For reading; change it inside ``do``."""
        return self.simulator.state

    @property
    def requests(self) -> list[Entry]:
        return self.do(lambda: list(self.simulator.journal.entries))

    def asked(self, name: str) -> list[Entry]:
        """The requests with that operation or root field."""
        return self.do(lambda: self.simulator.journal.of(name))

    def forget_requests(self) -> None:
        self.do(self.simulator.journal.clear)

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        return self.do(lambda: dump(self.state))

    def seed(self, **sizes: Any) -> list[Scene]:
        """See ``seeding.seed``."""
        return self.do(lambda: seeding.seed(self.state, **sizes))

    def fault(self, name: str, operation: str | None = None, **options: Any) -> Fault:
        """Arm a fault; see ``faults``."""
        return self.do(lambda: self.simulator.faults.arm(name, operation=operation, **options))

    def clear_faults(self) -> None:
        self.do(self.simulator.faults.clear)

    def set_zone(self, name: str) -> None:
        self.do(lambda: self.simulator.set_zone(name))

    def restart(self) -> None:
        """Stash's own restart: job ids begin at 1, the running job is lost, the library stays."""
        self.wait_for(self.simulator.restart)

    def reset_library(self, created_at: str | None = None) -> None:
        self.do(lambda: self.simulator.reset_library(created_at))

    def add_foreign_job(self, description: str = "Generating...", progress: float | None = None) -> Job:
        def add() -> Job:
            job = self.simulator.add_foreign_job(description)
            self.simulator.foreign[job.id].progress = progress
            return job

        return self.do(add)

    def end_foreign_job(self, job: Job) -> None:
        self.do(lambda: self.simulator.end_foreign_job(job.id))

    def go_away(self) -> None:
        self.wait_for(self.server.go_away)

    def come_back(self) -> None:
        self.wait_for(self.server.come_back)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens on the port inside of this."""
        self.go_away()
        try:
            yield
        finally:
            self.come_back()

    # --- its thread ---

    def do(self, call: Callable[[], T]) -> T:
        """``call()`` in the simulator's thread."""

        async def run() -> T:
            return call()

        return self.wait_for(run)

    def wait_for(self, call: Callable[[], Awaitable[T]]) -> T:
        async def run() -> T:
            return await call()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(DEADLINE)


@contextmanager
def running_stash(
    library: Iterable[Path | str] = (), state: Path | None = None, port: int = 0, **settings: Any
) -> Iterator[RunningStash]:
    """A Stash with the folders of ``library``; ``state``: a folder to keep it in. ``settings``: see ``Settings``."""
    with tempfile.TemporaryDirectory(prefix="stash-") as folder:
        own = Settings(libraries=[str(path) for path in library], **settings)
        simulator = Simulator(own, state or Path(folder), keep=state is not None)

        async def start() -> StashServer:
            server = StashServer(simulator, port)
            await server.start()
            return server

        with own_thread() as loop:
            server = asyncio.run_coroutine_threadsafe(start(), loop).result(DEADLINE)
            stash = RunningStash(simulator, server, loop)
            try:
                yield stash
            finally:
                stash.wait_for(server.close)


@contextmanager
def own_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in a thread of its own until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stash-simulator", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        # In its own thread: the caller's may have a loop of its own at work.
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(DEADLINE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE)
        loop.close()
