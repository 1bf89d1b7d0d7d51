"""`metadataGenerate` and `metadataClean` as jobs (the scan is in ``scanner``)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..graphql.errors import ResolverError, existing, to_ids
from ..library.records import Marker, Scene, VideoFile
from ..library.state import LibraryState
from ..media.generator import Generator, Wanted
from .queue import Running

Item = tuple[Scene, str] | tuple[Marker, list[Path]]


class Generate:
    """An empty list of ids means everything, as in Stash."""

    def __init__(self, state: LibraryState, generator: Generator, options: dict[str, Any]):
        self.state, self.generator, self.options = state, generator, options
        self.wanted = Wanted.of_generate(options)
        self.overwrite = bool(options.get("overwrite"))

    async def __call__(self, running: Running) -> None:
        try:
            items = self.items()
        except ResolverError:
            return  # without a word
        # Output that is there is not even counted: the progress then stays unknown.
        async for item in running.each(items):
            record, what = item
            if isinstance(record, Marker):
                await self.generator.make_marker(record, what)  # type: ignore[arg-type]
            elif record.id in self.state.scenes:
                await self.generator.make(record, what)  # type: ignore[arg-type]
        running.log.info("Generate finished")

    def items(self) -> list[Item]:
        """Raises ResolverError when one id is not known: then nothing at all is made."""
        scene_ids = to_ids(self.options.get("sceneIDs"))
        scenes = [existing(self.state.scenes, "scene", number) for number in scene_ids]
        if not scene_ids:
            scenes = list(self.state.scenes.values())
        markers = [marker for scene in scenes for marker in self.state.scene_markers(scene.id)]
        options = self.wanted, self.overwrite
        missing = [(marker, self.generator.marker_missing(marker, *options)) for marker in markers]
        return [
            *((scene, name) for scene in scenes for name in self.generator.scene_missing(scene, *options)),
            *((marker, files) for marker, files in missing if files),
        ]


class Clean:
    """Removes files that are not on the disk, and the scenes they leave empty, with all that people put there.

    A disk that isn't mounted looks like a disk whose files were deleted.
    """

    def __init__(self, state: LibraryState, options: dict[str, Any]):
        self.state = state
        self.paths = [Path(path) for path in options.get("paths") or []]
        self.dry_run = options["dryRun"]

    async def __call__(self, running: Running) -> None:
        files = [
            file
            for file in self.state.files.values()
            if not file.imaginary
            and (not self.paths or any(Path(file.path).is_relative_to(path) for path in self.paths))
        ]
        async for file in running.each(files):
            await asyncio.sleep(0)
            if not Path(file.path).exists():
                self.remove(file, running)
            self.state.commit()
        running.log.info("Finished Cleaning")

    def remove(self, file: VideoFile, running: Running) -> None:
        """Forgets the file, and its scene when that was its last one."""
        running.log.info(f'File not found. Marking to clean: "{file.path}"')
        if self.dry_run:
            return
        if number := self.state.scene_of_file.get(file.id):
            scene = self.state.scenes[number]
            self.state.detach(file, scene)
            if scene.file_ids:
                self.state.touch(scene)
            else:
                destroy_scene(self.state, scene)
        self.state.remove(file)


def destroy_scene(state: LibraryState, scene: Scene) -> None:
    for marker in state.scene_markers(scene.id):
        state.remove(marker)
    state.remove(scene)
