"""A server of ready-made answers, in a process of its own, so that it is not what is measured.

    python -m bench.page_server --scenes 20000 --paced

It knows only what a full sync asks. With ``--paced`` each answer takes as long as the real Stash 0.30.1 took on
two cores: 4,650 scenes a second in pages of 1,000 without their count, 50,000 ids a second, 8 ms for the rest.
Prints its address.
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

PAGE = 1000
SCENES_PER_SECOND, IDS_PER_SECOND, SMALL = 4650, 50_000, 0.008  # seconds for a small answer
SCAN_SETTINGS = {
    "folders": [{"path": "/data", "exclude_video": False, "exclude_image": False}],
    **{name: [] for name in ("video_extensions", "gallery_extensions", "excludes", "image_excludes")},
}
Answers = dict[tuple[str, int], tuple[bytes, float]]  # (operation, page) → (gzipped body, seconds)


def answers(scenes: int, origin: str) -> Answers:
    """Everything that will be asked, rendered and packed."""
    numbers = range(1, scenes + 1)
    counts = {"scene": scenes, "marker": 2 * scenes, "tag": library.TAGS}
    counts |= {"performer": library.PERFORMERS, "studio": library.STUDIOS}
    newest = {"rows": [{"id": "1", "updated_at": library.STAMP}]}
    found: Answers = {
        ("Newest", 0): (_packed({"scenes": newest}), SMALL),
        ("Counts", 0): (_packed({f"{kind}_count": {"count": count} for kind, count in counts.items()}), SMALL),
        ("Tags", 0): (_named(library.TAGS, "Tag"), SMALL),
        ("Performers", 0): (_named(library.PERFORMERS, "Performer"), SMALL),
        ("Studios", 0): (_named(library.STUDIOS, "Studio"), SMALL),
        ("Libraries", 0): (_packed({"configuration": {"general": SCAN_SETTINGS, "ui": {}}}), SMALL),
        ("Created", 0): (_found(rows=[library.scene(1, origin)], count=1), SMALL),
        ("SceneIds", 0): (
            _found(rows=[{"id": str(number)} for number in numbers], count=scenes),
            scenes / IDS_PER_SECOND,
        ),
    }
    for page in range(1, scenes // PAGE + 3):
        rows = [library.scene(number, origin) for number in numbers[(page - 1) * PAGE : page * PAGE]]
        found["ScenePage", page] = _found(rows=rows), len(rows) / SCENES_PER_SECOND
    return found


def _named(count: int, kind: str) -> bytes:
    return _found(rows=library.named(count, kind), count=count)


def _found(**values: Any) -> bytes:
    return _packed({"found": values})


def _packed(data: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps({"data": data}).encode(), compresslevel=1)


def application(ready: Answers, paced: bool) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        due = asyncio.get_running_loop().time()
        asked = await request.json()
        body, seconds = ready[asked["operationName"], asked["variables"].get("page", 0)]
        if paced:
            await asyncio.sleep(due + seconds - asyncio.get_running_loop().time())
        return web.Response(body=body, content_type="application/json", headers={"Content-Encoding": "gzip"})

    app = web.Application()
    app.router.add_post("/graphql", answer)
    return app


async def serve(scenes: int, paced: bool) -> None:
    runner = web.AppRunner(application(answers(scenes, "http://127.0.0.1:9999"), paced), access_log=None)
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
