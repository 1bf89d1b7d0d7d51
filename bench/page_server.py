"""A server of ready-made answers, in a process of its own, so that it is not what is measured.

    python -m bench.page_server --scenes 20000 --paced

It knows only what a sync asks. With ``--paced`` each answer takes as long as the real Stash 0.30.1 took on
two cores: 4,650 scenes a second in pages of 1,000 without their count, 50,000 ids a second, 8 ms for the rest; one
answer after the other, whoever asks. Prints its address.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import sys
from typing import Any

from aiohttp import web

from bench import library
from scenes.clients.stash.reading import IDS_AT_ONCE

PAGE = 1000
SCENES_PER_SECOND, IDS_PER_SECOND, SMALL = 4650, 50_000, 0.008  # seconds for a small answer
SCAN_SETTINGS = {
    "folders": [{"path": "/data", "exclude_video": False, "exclude_image": False}],
    **{name: [] for name in ("video_extensions", "gallery_extensions", "excludes", "image_excludes")},
}
ORIGIN = "http://127.0.0.1:9999"
Answers = dict[tuple[str, int], tuple[bytes, float]]  # (operation, page, or the id before) → (gzipped body, seconds)


def answers(scenes: int, origin: str) -> Answers:
    """Everything that a full sync will ask, rendered and packed."""
    numbers = range(1, scenes + 1)
    newest = {"rows": [{"id": "1", "updated_at": library.STAMP}]}
    found: Answers = {
        ("Newest", 0): (_packed({"scenes": newest}), SMALL),
        ("Tags", 0): (_named(library.TAGS, "Tag"), SMALL),
        ("Performers", 0): (_named(library.PERFORMERS, "Performer"), SMALL),
        ("Studios", 0): (_named(library.STUDIOS, "Studio"), SMALL),
        ("Libraries", 0): (_packed({"configuration": {"general": SCAN_SETTINGS, "ui": {}}}), SMALL),
        ("Created", 0): (_found(rows=[library.scene(1, origin)], count=1), SMALL),
    }
    for page in range(1, scenes // PAGE + 2):
        rows = [library.scene(number, origin) for number in numbers[(page - 1) * PAGE : page * PAGE]]
        found["ScenePage", page] = _found(rows=rows), len(rows) / SCENES_PER_SECOND
    return found


def _named(count: int, kind: str) -> bytes:
    return _found(rows=library.named(count, kind), count=count)


def _found(**values: Any) -> bytes:
    return _packed({"found": values})


def _packed(data: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"data": data}).encode(), compresslevel=1)


class Living:
    """What of the library changes, and the answers that tell of it."""

    def __init__(self, scenes: int):
        self.scenes = range(1, scenes + 1)
        self.changed: dict[int, str] = {}  # id → its updated_at
        self.destroyed: set[int] = set()
        self.render()

    def change(self, what: dict[str, Any]) -> None:
        self.changed.update(dict.fromkeys(what.get("changed", ()), what.get("updated_at", "")))
        self.destroyed.update(what.get("destroyed", ()))
        self.render()

    def render(self) -> None:
        """The ids and the times, packed before anybody asks."""
        there = [number for number in self.scenes if number not in self.destroyed]
        counts = {"scene": len(there), "marker": 2 * len(there), "tag": library.TAGS}
        counts |= {"performer": library.PERFORMERS, "studio": library.STUDIOS}
        self.counts = {f"{kind}_count": {"count": count} for kind, count in counts.items()}
        self.ready: Answers = {("Counts", 0): (_packed(self.counts), SMALL)}
        for start in range(0, len(there), IDS_AT_ONCE):
            rows = [{"id": str(number)} for number in there[start : start + IDS_AT_ONCE]]
            after = there[start - 1] if start else 0
            found = _found(rows=rows, count=len(there) - start)
            self.ready["SceneIds", after] = found, SMALL + len(rows) / IDS_PER_SECOND

    def answer(self, operation: str, variables: dict[str, Any]) -> tuple[bytes, float]:
        if operation == "Changes":
            none: dict[str, Any] = {"count": 0, "rows": []}
            changed = [{"id": str(number), "updated_at": updated_at} for number, updated_at in self.changed.items()]
            kinds = dict.fromkeys(("files", "markers", "tags", "performers", "studios"), none)
            known = [{"id": str(pk), "created_at": self.scene(pk)["created_at"]} for pk in _ids_in(variables["known"])]
            lists = {"scenes": _listed(changed), "known": _listed(known), **kinds}
            return _packed(self.counts | lists), SMALL + len(changed) / IDS_PER_SECOND
        if operation == "ScenesById":
            rows = [self.scene(int(pk)) for pk in variables["ids"]]
            return _found(rows=rows), len(rows) / SCENES_PER_SECOND
        if operation in ("ScenesMissing", "ScenePage"):  # a page beyond the last
            return _found(rows=[], count=0), SMALL
        return self.ready[operation, variables.get("after", 0)]

    def scene(self, number: int) -> library.Row:
        row = library.scene(number, ORIGIN)
        if number in self.changed:
            row |= {"title": f"Changed at {self.changed[number]}", "updated_at": self.changed[number]}
        return row


def _listed(rows: list[Any]) -> dict[str, Any]:
    return {"count": len(rows), "rows": rows}


def _ids_in(known: dict[str, Any]) -> list[int]:
    """Those of a filter of the form {id: {value}, OR: {…}}, without the 0 at its end."""
    found = []
    while "OR" in known:
        found.append(known["id"]["value"])
        known = known["OR"]
    return found


def application(ready: Answers, living: Living, paced: bool) -> web.Application:
    free_at = 0.0

    async def answer(request: web.Request) -> web.Response:
        nonlocal free_at
        now = asyncio.get_running_loop().time()
        asked = await request.json()
        operation, variables = asked["operationName"], asked["variables"]
        found = ready.get((operation, variables.get("page", 0)))
        body, seconds = found or living.answer(operation, variables)
        if paced:
            free_at = max(free_at, now) + seconds
            await asyncio.sleep(free_at - asyncio.get_running_loop().time())
        return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})

    async def output(request: web.Request) -> web.Response:
        return web.Response(status=206, body=b"x")  # each is there

    async def change(request: web.Request) -> web.Response:
        living.change(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/graphql", answer)
    app.router.add_post("/state", change)
    app.router.add_get("/scene/{output:.*}", output)
    return app


async def serve(scenes: int, paced: bool) -> None:
    runner = web.AppRunner(application(answers(scenes, ORIGIN), Living(scenes), paced), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    command_line = argparse.ArgumentParser()
    command_line.add_argument("--scenes", type=int, default=20_000)
    command_line.add_argument("--paced", action="store_true")
    given = command_line.parse_args()
    asyncio.run(serve(given.scenes, given.paced))
