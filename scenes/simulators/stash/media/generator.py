"""`metadataGenerate`: real covers, previews, sprites and marker clips, made from the video itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from PIL import Image

from ..jobs.log import Log
from ..library.records import Marker, Scene, VideoFile
from ..library.state import LibraryState
from ..settings import Settings
from .drawing import save_clip, save_jpeg, save_sprite, save_webp
from .fingerprints import phash
from .outputs import Outputs
from .video import Unreadable, pictures

# How long one output takes, in `seconds_per_item`: as measured on clips of 3 to 8 s, where a preview took 1.5 s,
# a phash 1.8 s and a sprite 5.7 s.
EFFORT = {
    "covers": 0.1,
    "previews": 1.0,
    "imagePreviews": 1.0,
    "sprites": 3.8,
    "phashes": 1.2,
    "markers": 1.0,
}
SPRITE_SIDE = 3  # pictures in a row and in a column
CLIP_PICTURES = 12


@dataclass(slots=True)
class Wanted:
    """Which outputs to make; the names are those of `GenerateMetadataInput`."""

    covers: bool = False
    previews: bool = False
    imagePreviews: bool = False
    sprites: bool = False
    phashes: bool = False
    markers: bool = False
    markerImagePreviews: bool = False
    markerScreenshots: bool = False

    @classmethod
    def of_generate(cls, options: dict[str, Any]) -> Wanted:
        return cls(**{item.name: bool(options.get(item.name)) for item in fields(cls)})

    @classmethod
    def of_scan(cls, options: dict[str, Any]) -> Wanted:
        names = ("covers", "previews", "imagePreviews", "sprites", "phashes")
        return cls(**{name: bool(options.get(f"scanGenerate{name[0].upper()}{name[1:]}")) for name in names})

    def __bool__(self) -> bool:
        return any(getattr(self, item.name) for item in fields(self))


class Generator:
    def __init__(self, state: LibraryState, settings: Settings, outputs: Outputs, log: Log):
        self.state, self.settings, self.outputs, self.log = state, settings, outputs, log

    # --- what is missing ---

    def scene_missing(self, scene: Scene, wanted: Wanted, overwrite: bool) -> list[str]:
        """The outputs of ``scene`` that are wanted and not there yet (all wanted ones with ``overwrite``)."""
        file = self.state.primary_file(scene)
        if file is None:
            return []
        there = {
            "covers": scene.has_cover,
            "previews": self.outputs.preview(scene).exists(),
            "imagePreviews": self.outputs.webp(scene).exists(),
            "sprites": self.outputs.sprite(scene).exists() and self.outputs.vtt(scene).exists(),
            "phashes": file.phash is not None,
        }
        return [name for name, exists in there.items() if getattr(wanted, name) and (overwrite or not exists)]

    def marker_missing(self, marker: Marker, wanted: Wanted, overwrite: bool) -> list[Path]:
        """The files that ``marker`` still needs; the image and the screenshot only ever come with the clip."""
        asked = {
            self.outputs.marker_clip(marker): wanted.markers,
            self.outputs.marker_webp(marker): wanted.markers and wanted.markerImagePreviews,
            self.outputs.marker_screenshot(marker): wanted.markers and wanted.markerScreenshots,
        }
        return [path for path, want in asked.items() if want and (overwrite or not path.exists())]

    # --- making it ---

    async def scene_outputs(self, scene: Scene, wanted: Wanted, overwrite: bool) -> None:
        for name in self.scene_missing(scene, wanted, overwrite):
            await self.make(scene, name)

    async def make(self, scene: Scene, name: str) -> None:
        """One output of one scene; what goes wrong is told to the log alone."""
        file = self.state.primary_file(scene)
        if file is None:
            return
        await asyncio.sleep(EFFORT[name] * self.settings.seconds_per_item)
        try:
            await MAKERS[name](self, scene, file)
        except (Unreadable, OSError) as error:
            self.log.error(f"error generating {name} for {file.path}: {error}")
        self.state.commit()

    async def make_marker(self, marker: Marker, targets: list[Path]) -> None:
        file = self.state.primary_file(self.state.scenes[marker.scene_id])
        if file is None:
            return
        await asyncio.sleep(EFFORT["markers"] * self.settings.seconds_per_item)
        try:
            shown = await asyncio.to_thread(_shots, file, _steps(file, CLIP_PICTURES, marker.seconds))
            for target in targets:
                await asyncio.to_thread(MARKER_WRITERS[target.suffix], shown, target)
        except (Unreadable, OSError) as error:
            self.log.error(f"error generating marker {marker.id} of {file.path}: {error}")

    async def cover(self, scene: Scene, file: VideoFile) -> None:
        """The one output that changes the scene's ``updated_at``."""
        # A fifth into the video, as Stash does it.
        [picture] = await asyncio.to_thread(_shots, file, [file.duration / 5])
        await asyncio.to_thread(save_jpeg, picture, self.outputs.cover(scene))
        scene.has_cover = True
        self.state.touch(scene)

    async def preview(self, scene: Scene, file: VideoFile) -> None:
        """A clip of pictures from the whole film."""
        shown = await asyncio.to_thread(_shots, file, _steps(file, CLIP_PICTURES))
        await asyncio.to_thread(save_clip, shown, self.outputs.preview(scene))

    async def image_preview(self, scene: Scene, file: VideoFile) -> None:
        """The preview as an animated picture."""
        shown = await asyncio.to_thread(_shots, file, _steps(file, CLIP_PICTURES))
        await asyncio.to_thread(save_webp, shown, self.outputs.webp(scene))

    async def sprite(self, scene: Scene, file: VideoFile) -> None:
        """One picture of many, and which part of it shows which seconds."""
        shown = await asyncio.to_thread(_shots, file, _steps(file, SPRITE_SIDE**2))
        step = file.duration / len(shown)
        targets = self.outputs.sprite(scene), self.outputs.vtt(scene)
        await asyncio.to_thread(save_sprite, shown, SPRITE_SIDE, step, *targets)

    async def fingerprint(self, scene: Scene, file: VideoFile) -> None:
        """The phash of the picture in the middle."""
        [picture] = await asyncio.to_thread(_shots, file, [file.duration / 2])
        file.phash = phash(picture)
        self.state.save(file)


MAKERS: dict[str, Callable[[Generator, Scene, VideoFile], Awaitable[None]]] = {
    "covers": Generator.cover,
    "previews": Generator.preview,
    "imagePreviews": Generator.image_preview,
    "sprites": Generator.sprite,
    "phashes": Generator.fingerprint,
}


def _steps(file: VideoFile, count: int, start: float = 0.0) -> list[float]:
    """``count`` times, spread from ``start`` to the end."""
    left = max(file.duration - start, 0.0)
    return [start + left * number / count for number in range(count)]


def _shots(file: VideoFile, times: list[float]) -> list[Image.Image]:
    if file.imaginary:
        return [Image.new("RGB", (160, 90), "grey") for _ in times]
    return list(pictures(Path(file.path), times))


MARKER_WRITERS: dict[str, Callable[[list[Image.Image], Path], None]] = {
    ".mp4": save_clip,
    ".webp": save_webp,
    ".jpg": lambda shown, target: save_jpeg(shown[0], target),
}
