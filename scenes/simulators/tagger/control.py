"""What a test can do to a tagger that runs as a process of its own, beside faults (see simulators.control).

POST   /_simulator/options   {"seconds", "answers", "loaded"}
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
        app.router.add_post(f"{PREFIX}options", self._options)
        app.router.add_post(f"{PREFIX}refusals", self._refuse)
        app.router.add_delete(f"{PREFIX}refusals", self._refuse_none)
        app.router.add_post(f"{PREFIX}spoils", self._spoil)
        app.router.add_post(f"{PREFIX}tags", self._tags)
        app.router.add_get(f"{PREFIX}count", self._count)

    async def _options(self, request: web.Request) -> web.Response:
        options = await request.json()
        self.tagger.seconds = options.get("seconds", self.tagger.seconds)
        self.tagger.answers = options.get("answers", self.tagger.answers)
        self.tagger.loaded = options.get("loaded", self.tagger.loaded)
        return web.json_response({})

    async def _refuse(self, request: web.Request) -> web.Response:
        self.tagger.refuse(**await request.json())
        return web.json_response(self.tagger.refusals)

    async def _refuse_none(self, request: web.Request) -> web.Response:
        self.tagger.refusals.clear()
        return web.json_response({})

    async def _spoil(self, request: web.Request) -> web.Response:
        self.tagger.spoil(**await request.json())
        return web.json_response(self.tagger.spoils)

    async def _tags(self, request: web.Request) -> web.Response:
        self.tagger.see(**await request.json())
        return web.json_response({})

    async def _count(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self.tagger.count))
