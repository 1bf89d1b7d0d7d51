"""What a test can do to a tagger that runs as a process of its own, beside faults (see simulators.control).

POST   /_simulator/options   {"seconds", "answers", "loaded", "models"}
POST   /_simulator/refusals  {"path": regular expression, "detail"}: 400 for these paths
DELETE /_simulator/refusals
POST   /_simulator/spoils    {"path": regular expression, "how": "slips" or "nonsense"}: odd answers for these
POST   /_simulator/tags      {"path", "tags": {category: {tag: [[start, end or null, confidence], …]}}}
GET    /_simulator/count     {"now", "most", "total"}: films at once, at most, in all
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from scenes.simulators.control import PREFIX

if TYPE_CHECKING:
    from scenes.simulators.tagger.simulator import Tagger


class TaggerControl:
    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger

    def install(self, app: web.Application) -> None:
        app.router.add_post(f"{PREFIX}options", self.options)
        app.router.add_post(f"{PREFIX}refusals", self.refuse)
        app.router.add_delete(f"{PREFIX}refusals", self.refuse_none)
        app.router.add_post(f"{PREFIX}spoils", self.spoil)
        app.router.add_post(f"{PREFIX}tags", self.see)
        app.router.add_get(f"{PREFIX}count", self.count)

    async def options(self, request: web.Request) -> web.Response:
        """Sets those given, and leaves the rest."""
        options = await request.json()
        for name in ("seconds", "answers", "loaded", "models"):
            setattr(self.tagger, name, options.get(name, getattr(self.tagger, name)))
        return web.json_response({})

    async def refuse(self, request: web.Request) -> web.Response:
        """See `Tagger.refuse`."""
        self.tagger.refuse(**await request.json())
        return web.json_response(self.tagger.refusals)

    async def refuse_none(self, request: web.Request) -> web.Response:
        """Ends all refusals."""
        self.tagger.refusals.clear()
        return web.json_response({})

    async def spoil(self, request: web.Request) -> web.Response:
        """See `Tagger.spoil`."""
        self.tagger.spoil(**await request.json())
        return web.json_response(self.tagger.spoils)

    async def see(self, request: web.Request) -> web.Response:
        """See `Tagger.see`."""
        self.tagger.see(**await request.json())
        return web.json_response({})

    async def count(self, request: web.Request) -> web.Response:
        """How many films are being worked on, were at most, and were in all."""
        return web.json_response(asdict(self.tagger.count))
