"""What a test can do to a simulator that runs as a process of its own, beside faults (see simulators.control).

POST   /_simulator/torrents         {"name", "files": [{"name", "source", "priority", "progress"} or name, …],
                                     "save_path", "category", "tags", "state"} → {"hash"}
PATCH  /_simulator/torrents/{hash}  {"state", "category", "tags", "files": {name: {"priority", "progress"}}}
POST   /_simulator/restart          sessions and bans gone, torrents without files noticed
POST   /_simulator/options          {"check_seconds", "move_seconds", "full": [folder, …]}
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from scenes.simulators.control import PREFIX
from scenes.simulators.qbittorrent.documents import info_document
from scenes.simulators.qbittorrent.torrents import STOPPED, NewFile, SimulatedTorrent

if TYPE_CHECKING:
    from scenes.simulators.qbittorrent.simulator import Qbittorrent


class QbittorrentControl:
    def __init__(self, qbittorrent: Qbittorrent) -> None:
        self.qbittorrent = qbittorrent

    def install(self, app: web.Application) -> None:
        app.router.add_post(f"{PREFIX}torrents", self.add)
        app.router.add_patch(f"{PREFIX}torrents/{{hash}}", self.change)
        app.router.add_post(f"{PREFIX}restart", self.restart)
        app.router.add_post(f"{PREFIX}options", self.options)

    async def add(self, request: web.Request) -> web.Response:
        """See `Qbittorrent.new_torrent`."""
        wanted = await request.json()
        files = []
        for given in wanted.pop("files"):
            fields = {"name": given} if isinstance(given, str) else given
            source = fields.pop("source", None)
            files.append(NewFile(source=Path(source) if isinstance(source, str) else source, **fields))
        place = Path(wanted.pop("save_path", self.qbittorrent.downloads))
        torrent = self.qbittorrent.new_torrent(wanted.pop("name"), files, place, **wanted)
        return web.json_response({"hash": torrent.hash})

    async def change(self, request: web.Request) -> web.Response:
        """See `change`. 404 for a torrent that is not known."""
        torrent = self.qbittorrent.store.torrents.get(request.match_info["hash"])
        if torrent is None:
            raise web.HTTPNotFound
        change(torrent, **await request.json())
        self.qbittorrent.changed()
        return web.json_response(info_document(torrent))

    async def restart(self, request: web.Request) -> web.Response:
        """See `Qbittorrent.restart`."""
        self.qbittorrent.start_again()
        return web.json_response({})

    async def options(self, request: web.Request) -> web.Response:
        """Sets those given, and leaves the rest."""
        options = await request.json()
        self.qbittorrent.check_seconds = options.get("check_seconds", self.qbittorrent.check_seconds)
        self.qbittorrent.move_seconds = options.get("move_seconds", self.qbittorrent.move_seconds)
        self.qbittorrent.full = [Path(folder) for folder in options.get("full", self.qbittorrent.full)]
        return web.json_response({})


def change(
    torrent: SimulatedTorrent,
    *,
    state: str | None = None,
    category: str | None = None,
    tags: list[str] | None = None,
    files: dict[str, dict[str, Any]] | None = None,
) -> None:
    """Sets what is given and leaves the rest."""
    if state is not None:
        torrent.state, torrent.stopped = state, state in STOPPED
    if category is not None:
        torrent.category = category
    if tags is not None:
        torrent.tags = tags
    for file in torrent.files:
        wanted = (files or {}).get(file.name, {})
        file.priority = wanted.get("priority", file.priority)
        file.progress = wanted.get("progress", file.progress)
