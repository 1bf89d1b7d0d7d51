"""`/_simulator/…`: what tests and the demo do to the simulator over HTTP. Nothing of it is Stash's.

| request                      | body | what it does |
|------------------------------|------|--------------|
| `GET settings`               |      | zone, latency, seconds_per_item, status, libraries, without_video |
| `PATCH settings`             | any of them, and `now` (ISO time; null: the real one) | changes them |
| `POST faults`                | see ``faults.Fault``: `{"fault": …, "operation": …, "times": …}` | arms one |
| `GET faults`, `DELETE faults`|      | the armed ones; disarms all |
| `POST away`                  | `{"seconds": n}` | nobody listens for that long, open connections are reset |
| `POST restart`               |      | as Stash's own restart: job ids from 1 on, running job lost |
| `POST reset`                 | `{"created_at": …}` or `{}` | another library with the same ids |
| `POST wipe`                  |      | an empty library; ids from 1 on |
| `POST seed`                  | `{"scenes": n, "tags": n, …}` | adds made-up scenes (see ``seeding``) |
| `GET requests`, `DELETE requests` | `?name=` an operation or field | what was asked; forgets it |
| `GET counters`               |      | requests by operation, field and status |
| `GET state`                  |      | the whole library |
| `POST jobs`                  | `{"description": …, "progress": …}` | somebody else's job, which blocks the queue |
| `PATCH jobs/N`               | `{"progress": 0.34}` | what that job says of itself |
| `DELETE jobs/N`              |      | ends it |
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfoNotFoundError

from aiohttp import web

from ..library import seeding
from ..library.state import dump
from .faults import UnknownFault

if TYPE_CHECKING:
    from ..simulator import Simulator

PREFIX = "/_simulator/"
SETTINGS = ("zone", "latency", "seconds_per_item", "status", "libraries", "without_video")


class StashControl:
    """``go_away`` closes the listening socket for a number of seconds."""

    def __init__(self, simulator: Simulator, go_away: Callable[[float], Awaitable[None]]):
        self.simulator, self.go_away = simulator, go_away
        self.errands: set[asyncio.Task] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PREFIX + "settings", self.settings),
            web.patch(PREFIX + "settings", self.change_settings),
            web.get(PREFIX + "faults", self.faults),
            web.post(PREFIX + "faults", self.arm),
            web.delete(PREFIX + "faults", self.disarm),
            web.post(PREFIX + "away", self.away),
            web.post(PREFIX + "restart", self.restart),
            web.post(PREFIX + "reset", self.reset),
            web.post(PREFIX + "wipe", self.wipe),
            web.post(PREFIX + "seed", self.seed),
            web.get(PREFIX + "requests", self.requests),
            web.delete(PREFIX + "requests", self.forget_requests),
            web.get(PREFIX + "counters", self.counters),
            web.get(PREFIX + "state", self.state),
            web.post(PREFIX + "jobs", self.add_job),
            web.patch(PREFIX + r"jobs/{id:\d+}", self.change_job),
            web.delete(PREFIX + r"jobs/{id:\d+}", self.end_job),
        ]

    # --- settings and faults ---

    async def settings(self, request: web.Request) -> web.Response:
        return web.json_response({name: getattr(self.simulator.settings, name) for name in SETTINGS})

    async def change_settings(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        now = asked.pop("now", "")
        if unknown := set(asked) - set(SETTINGS):
            return _refused(f"unknown settings: {', '.join(sorted(unknown))}")
        try:
            self.simulator.set_zone(asked.get("zone", self.simulator.settings.zone))
            moment = datetime.fromisoformat(now) if now else None
        except (ZoneInfoNotFoundError, ValueError) as error:
            return _refused(str(error))
        for name, value in asked.items():
            setattr(self.simulator.settings, name, value)
        if now != "":
            self.simulator.clock.set_now(moment)
        return await self.settings(request)

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response([asdict(fault) for fault in self.simulator.faults.armed])

    async def arm(self, request: web.Request) -> web.Response:
        try:
            fault = self.simulator.faults.arm(**await _body(request))
        except (UnknownFault, TypeError) as error:
            return _refused(str(error))
        return web.json_response(asdict(fault), status=201)

    async def disarm(self, request: web.Request) -> web.Response:
        self.simulator.faults.clear()
        return web.json_response([])

    # --- outages and other libraries ---

    async def away(self, request: web.Request) -> web.Response:
        seconds = float((await _body(request)).get("seconds", 1.0))

        async def leave_after_answer() -> None:
            await asyncio.sleep(0.05)
            await self.go_away(seconds)

        errand = asyncio.get_running_loop().create_task(leave_after_answer())
        self.errands.add(errand)
        errand.add_done_callback(self.errands.discard)
        return web.json_response({"away": seconds})

    async def restart(self, request: web.Request) -> web.Response:
        await self.simulator.restart()
        return web.json_response({})

    async def reset(self, request: web.Request) -> web.Response:
        self.simulator.reset_library((await _body(request)).get("created_at"))
        return web.json_response({})

    async def wipe(self, request: web.Request) -> web.Response:
        self.simulator.state.wipe()
        return web.json_response({})

    async def seed(self, request: web.Request) -> web.Response:
        try:
            seeding.seed(self.simulator.state, **await _body(request))
        except TypeError as error:
            return _refused(str(error))
        return web.json_response({"scenes": len(self.simulator.state.scenes)}, status=201)

    # --- what was asked, and what there is ---

    async def requests(self, request: web.Request) -> web.Response:
        journal, name = self.simulator.journal, request.query.get("name")
        entries = journal.of(name) if name else journal.entries
        return web.json_response([asdict(entry) for entry in entries])

    async def forget_requests(self, request: web.Request) -> web.Response:
        self.simulator.journal.clear()
        return web.json_response([])

    async def counters(self, request: web.Request) -> web.Response:
        return web.json_response(self.simulator.journal.counters())

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(dump(self.simulator.state))

    # --- somebody else's jobs ---

    async def add_job(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        job = self.simulator.add_foreign_job(asked.get("description", "Generating..."))
        self.simulator.foreign[job.id].progress = asked.get("progress")
        return web.json_response({"id": str(job.id)}, status=201)

    async def change_job(self, request: web.Request) -> web.Response:
        foreign = self.simulator.foreign.get(int(request.match_info["id"]))
        if foreign is None:
            return _refused("no such job", 404)
        foreign.progress = (await _body(request)).get("progress")
        return web.json_response({})

    async def end_job(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        if number not in self.simulator.foreign:
            return _refused("no such job", 404)
        self.simulator.end_foreign_job(number)
        return web.json_response({})


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object of the body, empty without one. Raises HTTPBadRequest."""
    text = await request.text()
    try:
        content = json.loads(text) if text else {}
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise web.HTTPBadRequest(text="not a JSON object")
    return content


def _refused(message: str, status: int = 400) -> web.Response:
    return web.json_response({"error": message}, status=status)
