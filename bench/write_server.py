"""A Stash and a tagger of ready-made answers, in a process of its own, so that they are not what is measured.

    python -m bench.write_server --scenes 1000

The Stash keeps what is written to it in dicts, and answers as fast as Python can; ``--paced`` lets each write take as
long as the real Stash 0.30.1 took. The tagger sees the same four tags at four times in each film, 1 ms after it was
asked. It knows no file by its fingerprint, and has the folder ``--library``. Prints its address.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bench.page_server import SCAN_SETTINGS

SCENE_WRITE, BULK_WRITE, MARKER_WRITE = 1 / 2000, 1 / 3300, 1 / 5360  # seconds: aliased, one of a bulk, aliased
TAGS = 4
DURATION = 1800.0
STAMP = "2026-11-22T11:17:17Z"
MODELS = [{"name": "bench", "identifier": 1, "version": 1.0, "categories": ["bench"], "type": "tagging"}]
Variables = dict[str, Any]


def seen() -> bytes:
    """What the tagger says of each film: four tags, each long enough for a tag and for a marker of its own."""
    spans = {f"Seen {n}": [{"start": 100.0 * n, "end": 100.0 * n + 60, "confidence": 0.9}] for n in range(1, TAGS + 1)}
    inner = {
        "schema_version": 3,
        "duration": DURATION,
        "models": [{name: value for name, value in model.items() if name != "type"} for model in MODELS],
        "frame_interval": 2.0,
        "timespans": {"bench": spans},
    }
    return json.dumps({"result": inner, "metrics": {}}).encode()


class Library:
    """What was written. ``seconds``: how long a real one would have taken for what was asked last."""

    def __init__(self, scenes: int, folder: str = "/data"):
        self.folder = folder
        self.tags: dict[str, list[str]] = {str(number): [] for number in range(1, scenes + 1)}
        self.markers: dict[str, dict[str, Variables]] = defaultdict(dict)
        self.names: dict[str, str] = {}
        self.numbers = 0
        self.seconds = 0.0

    def answer(self, name: str, given: Variables) -> Variables:
        self.seconds = 0.0
        single: dict[str, Callable[[Variables], Variables]] = {
            "SceneStates": self.states,
            "Tags": self.all_tags,
            "CreateTag": self.create_tag,
            "Libraries": self.settings,
        }
        if name in single:
            return single[name](given)
        if name == "DestroyMarkers":
            return {"done": list(map(self.destroy, given["ids"])) != []}
        if name == "Created":
            return {"found": {"count": 0, "rows": []}}
        of_item: dict[str, Callable[[Any], Any]] = {
            "EachBulkSceneUpdate": self.bulk,
            "EachMarkerCreate": self.create,
            "EachMarkerDestroy": self.destroy,
            "EachSceneByOshash": lambda oshash: {"count": 0, "rows": []},
        }
        return {f"item_{key.rsplit('_', 1)[1]}": of_item[name](value) for key, value in given.items()}

    def states(self, given: Variables) -> Variables:
        rows = [
            {
                "id": pk,
                "studio": None,
                "tags": [{"id": tag} for tag in self.tags[pk]],
                "performers": [],
                "markers": list(self.markers[pk].values()),
            }
            for pk in given["ids"]
        ]
        return {"found": {"rows": rows}}

    def settings(self, given: Variables) -> Variables:
        """What it scans, and where."""
        folders = [{"path": self.folder, "exclude_video": False, "exclude_image": False}]
        return {
            "configuration": {"general": SCAN_SETTINGS | {"folders": folders, "video_extensions": ["mp4"]}, "ui": {}}
        }

    def all_tags(self, given: Variables) -> Variables:
        rows = [
            {"id": pk, "name": name, "aliases": [], "ignore_auto_tag": False, "updated_at": STAMP}
            for name, pk in self.names.items()
        ]
        return {"found": {"count": len(rows), "rows": rows}}

    def create_tag(self, given: Variables) -> Variables:
        pk = self.names.setdefault(given["name"], str(len(self.names) + 1))
        return {"tag": {"id": pk, "name": given["name"]}}

    def bulk(self, given: Variables) -> list[Variables]:
        ids = given["ids"]
        self.seconds += len(ids) * BULK_WRITE if len(ids) > 1 else SCENE_WRITE
        for pk in ids:
            self.tags[pk] += [tag for tag in given["tag_ids"]["ids"] if tag not in self.tags[pk]]
        return [{"id": pk, "updated_at": STAMP} for pk in ids]

    def create(self, given: Variables) -> Variables:
        self.seconds += MARKER_WRITE
        self.numbers += 1
        times = {name: given[name] for name in ("title", "seconds", "end_seconds")}
        tag = {"id": given["primary_tag_id"]}
        self.markers[given["scene_id"]][str(self.numbers)] = {"id": str(self.numbers), "primary_tag": tag, "tags": []}
        self.markers[given["scene_id"]][str(self.numbers)] |= times
        return {"id": str(self.numbers)}

    def destroy(self, pk: str) -> bool:
        self.seconds += MARKER_WRITE
        return [found.pop(pk, None) for found in self.markers.values()] != []

    def count(self) -> dict[str, int]:
        """For the check that everything was written, once."""
        return {"tags": sum(map(len, self.tags.values())), "markers": sum(map(len, self.markers.values()))}


def application(scenes: int, paced: bool, tagger_seconds: float, folder: str) -> web.Application:
    library, film = Library(scenes, folder), seen()

    async def graphql(request: web.Request) -> web.Response:
        asked = await request.json()
        data = library.answer(asked["operationName"], asked["variables"])
        if paced:
            await asyncio.sleep(library.seconds)
        return web.json_response({"data": data})

    async def process_video(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(tagger_seconds)
        return web.Response(body=film, content_type="application/json")

    async def models(request: web.Request) -> web.Response:
        return web.json_response(MODELS)

    async def count(request: web.Request) -> web.Response:
        return web.json_response(library.count())

    async def empty(request: web.Request) -> web.Response:
        library.__init__(scenes, folder)  # type: ignore[misc]
        return web.json_response({})

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/graphql", graphql)
    app.router.add_post("/v3/process_video/", process_video)
    app.router.add_get("/v3/current_ai_models/", models)
    app.router.add_get("/count", count)
    app.router.add_post("/empty", empty)
    return app


async def serve(app: web.Application) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    command_line = argparse.ArgumentParser()
    command_line.add_argument("--scenes", type=int, default=1000)
    command_line.add_argument("--paced", action="store_true")
    command_line.add_argument("--tagger-seconds", type=float, default=0.001)
    command_line.add_argument("--library", default="/data")
    given = command_line.parse_args()
    asyncio.run(serve(application(given.scenes, given.paced, given.tagger_seconds, given.library)))
