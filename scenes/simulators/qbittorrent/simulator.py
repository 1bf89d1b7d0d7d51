"""The simulator itself: its state, what happens by itself over time, and what a test can do to it."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from scenes.simulators.qbittorrent.api import Api
from scenes.simulators.qbittorrent.control import QbittorrentControl, change
from scenes.simulators.qbittorrent.login import Login
from scenes.simulators.qbittorrent.store import TorrentStore
from scenes.simulators.qbittorrent.torrents import STOPPED, NewFile, SimulatedTorrent, made_up_hash, new_files
from scenes.simulators.qbittorrent.versions import VERSIONS
from scenes.simulators.serving import Server, in_thread


class Qbittorrent:
    """One simulated qBittorrent. What a test calls may be called from any thread while the server runs.

    `check_seconds`: how long checking takes. `move_seconds`: how long a move copies, and then again how long
    it still says `moving`. `state_file`: torrents are kept there over restarts of the process.
    `full`: folders without room, so that moving anything there fails.
    """

    def __init__(
        self,
        downloads: Path,
        *,
        version: int = 4,
        username: str = "admin",
        password: str = "adminadmin",
        api_key: str = "",
        state_file: Path | None = None,
        check_seconds: float = 0.0,
        move_seconds: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.downloads, self.version = downloads, VERSIONS[version]
        self.username, self.password = username, password
        self.check_seconds, self.move_seconds = check_seconds, move_seconds
        self.state_file = state_file
        self.full: list[Path] = []
        self.clock_offset = 0.0  # seconds that a test has let pass
        self.login = Login(username, password, clock=lambda: time.monotonic() + self.clock_offset, api_key=api_key)
        self.store = TorrentStore.load(state_file) if state_file else TorrentStore()
        self._made = len(self.store.torrents)
        self._tasks: set[asyncio.Task[None]] = set()
        app = web.Application()
        app.on_shutdown.append(self.stop)
        QbittorrentControl(self).install(app)
        self.server = Server(app, name="qBittorrent", host=host, port=port)
        self.url = self.server.url
        Api(self).install(app)
        downloads.mkdir(parents=True, exist_ok=True)

    def add_torrent(
        self,
        name: str,
        files: Sequence[NewFile | str | tuple[Any, ...]],
        save_path: Path | None = None,
        **options: Any,
    ) -> SimulatedTorrent:
        """A torrent in any state at once, a finished one if nothing else is asked for.

        See `NewFile` for what a file may be, and `new_torrent` for the options.
        """
        place = save_path or self.downloads
        return self.server.call(self.new_torrent, name, new_files(files), place, **options)

    def change_torrent(self, info_hash: str, **changes: Any) -> None:
        """`state`, `category`, `tags` or `files` ({name: {"priority", "progress"}})."""
        self.server.call(lambda: change(self.store.torrents[info_hash], **changes))

    def restart(self) -> None:
        """As if it had been stopped and started: sessions and bans gone, torrents without files noticed."""
        self.server.call(self.start_again)

    def pass_time(self, seconds: float) -> None:
        """Lets the clock of bans and sessions run on."""
        self.clock_offset += seconds

    # From here on: to be called in the server's own thread.

    def new_torrent(
        self,
        name: str,
        files: Sequence[NewFile],
        save_path: Path,
        *,
        category: str = "",
        tags: Sequence[str] = (),
        state: str = "stalledUP",
    ) -> SimulatedTorrent:
        self._made += 1
        torrent = SimulatedTorrent(
            hash=made_up_hash(name, self._made),
            name=name,
            save_path=save_path,
            files=[file.place(save_path) for file in files],
            category=category,
            tags=list(tags),
            state=state,
            stopped=state in STOPPED,
            added_on=int(time.time()),
        )
        torrent.completion_on = torrent.added_on if torrent.is_whole else 0
        self.take(torrent)
        return torrent

    def take(self, torrent: SimulatedTorrent) -> None:
        self.store.add(torrent)
        self.changed()

    def start_again(self) -> None:
        self.login.forget()
        for torrent in self.store.torrents.values():
            if not torrent.has_files() and torrent.is_whole:
                torrent.look()
                torrent.state = "missingFiles"
            elif torrent.content_folder:
                self._move_files(torrent)
        self.changed()

    def check(self, torrent: SimulatedTorrent) -> None:
        """Starts a recheck, which takes `check_seconds`."""
        self._in_background(self.checked(torrent))

    def move(self, torrent: SimulatedTorrent, place: Path) -> None:
        """To the save path that it has nothing is done, even if an earlier move there failed: seen on 4.5.2."""
        if place == torrent.save_path:
            return
        # While it copies, save_path names the new place at once, content_path the old one.
        torrent.content_folder, torrent.save_path = torrent.folder, place
        if torrent.content_folder == place:  # where they still are, since an earlier move failed
            torrent.content_folder = None
        else:
            self._move_files(torrent)
        self.changed()

    def changed(self) -> None:
        if self.state_file:
            self.store.save(self.state_file)

    async def checked(self, torrent: SimulatedTorrent) -> None:
        """Looks at the files on disk and updates the torrent's state."""
        torrent.state = "checkingUP" if torrent.completion_on else "checkingDL"
        for file in torrent.files:
            file.progress = 0.0
        await asyncio.sleep(self.check_seconds)
        torrent.look()
        torrent.checked = True
        torrent.update_state(self.version.paused)
        if torrent.content_folder:  # a move failed, and is tried again after a check
            self._move_files(torrent)
        self.changed()

    def _move_files(self, torrent: SimulatedTorrent) -> None:
        torrent.state = "moving"

        async def move() -> None:
            await asyncio.sleep(self.move_seconds)
            has_room = not any(torrent.save_path.is_relative_to(folder) for folder in self.full)
            await asyncio.to_thread(torrent.move if has_room else torrent.fail_to_move)
            await asyncio.sleep(self.move_seconds)
            torrent.update_state(self.version.paused)
            self.changed()

        self._in_background(move())

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, app: web.Application) -> None:
        """Ends checks and moves that are under way, with the server."""
        for task in list(self._tasks):
            task.cancel()


@contextlib.contextmanager
def running_qbittorrent(downloads: Path, **options: Any) -> Iterator[Qbittorrent]:
    """A simulator that listens, in a thread of its own; `options` are Qbittorrent's."""
    qbittorrent = Qbittorrent(downloads, **options)
    with in_thread(qbittorrent.server):
        yield qbittorrent
