"""A tagger over real HTTP whose answer to each path a test chooses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from scenes.simulators.serving import Server, in_thread

Spans = list[tuple[str, float, float | None]]  # tag, start, end
Script = Spans | str | dict[str, Any]
OTHERS = "*"


class ScriptedTagger:
    """``films``: path → spans; or a text: why it refuses the file; or the whole answer.

    Any other path is answered as OTHERS is, without tags if that isn't there either.
    """

    def __init__(self, server: Server, films: dict[str, Script]):
        self.server, self.films = server, films

    @property
    def url(self) -> str:
        return self.server.url

    def asked_for(self) -> list[str]:
        """The paths it was asked for, in order."""
        return [json.loads(record.body)["path"] for record in self.server.control.asked("process_video", method="POST")]


@contextmanager
def scripted_tagger(duration: float = 60.0) -> Iterator[ScriptedTagger]:
    films: dict[str, Script] = {}

    async def process_video(request: web.Request) -> web.Response:
        script = films.get((await request.json())["path"], films.get(OTHERS, []))
        if isinstance(script, str):
            return web.json_response({"detail": script}, status=400)
        if isinstance(script, dict):
            return web.json_response(script)
        return web.json_response(_answer(script, duration))

    app = web.Application()
    app.router.add_post("/process_video/", process_video)
    with in_thread(Server(app, name="Tagger")) as server:
        yield ScriptedTagger(server, films)


def _answer(spans: Spans, duration: float) -> dict[str, Any]:
    timespans: dict[str, list[dict[str, Any]]] = {}
    for tag, start, end in spans:
        timespans.setdefault(tag, []).append({"start": start, "end": end, "totalConfidence": 0.75})
    info = {
        "video_duration": duration,
        "video_tags": {"actions": list(timespans)},
        "tag_totals": {"actions": {tag: 2.0 * len(found) for tag, found in timespans.items()}},
        "tag_timespans": {"actions": timespans},
    }
    return {"result": {"json_result": None, "video_tag_info": info}}
