"""Covers, previews, sprites and marker clips over HTTP: 404 until they were generated, ranges yes, HEAD no."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from ..library.records import Marker, Scene
from .outputs import Outputs

if TYPE_CHECKING:
    from ..simulator import Simulator

SCENE_FILES: dict[str, Callable[[Outputs, Scene], Path]] = {
    "screenshot": Outputs.cover,
    "preview": Outputs.preview,
    "webp": Outputs.webp,
}
MARKER_FILES: dict[str, Callable[[Outputs, Marker], Path]] = {
    "stream": Outputs.marker_clip,
    "preview": Outputs.marker_webp,
    "screenshot": Outputs.marker_screenshot,
}


class Media:
    def __init__(self, simulator: Simulator):
        self.simulator = simulator

    def routes(self) -> list[web.RouteDef]:
        marker = r"/scene/{id:\d+}/scene_marker/{marker:\d+}/{what}"
        return [
            web.get(r"/scene/{hash:[0-9a-f]+}_sprite.jpg", self.sprite, allow_head=False),
            web.get(r"/scene/{hash:[0-9a-f]+}_thumbs.vtt", self.vtt, allow_head=False),
            web.get(r"/scene/{id:\d+}/stream", self.stream, allow_head=False),
            web.get(r"/scene/{id:\d+}/{what}", self.scene_file, allow_head=False),
            web.get(marker, self.marker_file, allow_head=False),
        ]

    async def sprite(self, request: web.Request) -> web.StreamResponse:
        return _send(self.simulator.outputs.sprite_of(request.match_info["hash"]))

    async def vtt(self, request: web.Request) -> web.StreamResponse:
        return _send(self.simulator.outputs.vtt_of(request.match_info["hash"]))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        scene = self._scene(request)
        file = self.simulator.state.primary_file(scene) if scene else None
        return _send(Path(file.path)) if file else web.Response(status=404)

    async def scene_file(self, request: web.Request) -> web.StreamResponse:
        scene = self._scene(request)
        place = SCENE_FILES.get(request.match_info["what"])
        return _send(place(self.simulator.outputs, scene)) if scene and place else web.Response(status=404)

    async def marker_file(self, request: web.Request) -> web.StreamResponse:
        marker = self.simulator.state.markers.get(int(request.match_info["marker"]))
        place = MARKER_FILES.get(request.match_info["what"])
        return _send(place(self.simulator.outputs, marker)) if marker and place else web.Response(status=404)

    def _scene(self, request: web.Request) -> Scene | None:
        return self.simulator.state.scenes.get(int(request.match_info["id"]))


def _send(path: Path) -> web.StreamResponse:
    return web.FileResponse(path) if path.is_file() else web.Response(status=404)
