"""`metadataScan`: what is on the disk becomes folders, files and scenes; nothing is ever removed."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ..library.records import Folder, Scene, VideoFile
from ..library.state import LibraryState
from ..library.timestamps import parse_timestamp
from ..media.fingerprints import oshash
from ..media.generator import Generator, Wanted
from ..media.video import Probe, Unreadable, probe
from ..settings import Settings
from .queue import Running


@dataclass(slots=True)
class WalkedFile:
    """One file of the walk."""

    path: Path
    status: os.stat_result


@dataclass(slots=True)
class Walk:
    folders: list[Path] = field(default_factory=list)
    files: list[WalkedFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Scan:
    def __init__(self, state: LibraryState, settings: Settings, generator: Generator, options: dict[str, Any]):
        self.state, self.settings, self.generator = state, settings, generator
        self.paths = options.get("paths") or []
        self.rescan = bool(options.get("rescan"))
        self.not_before = _not_before(state, options)
        self.wanted = Wanted.of_scan(options)

    async def __call__(self, running: Running) -> None:
        self.log = running.log
        walk = await asyncio.to_thread(self._walk)
        for problem in walk.problems:
            self.log.error(problem)
        for folder in walk.folders:
            self._know_folder(folder)
        running.end_if_stopped()
        if not walk.files:
            running.progress(0.0)
        scenes = []
        async for found in running.each(walk.files):
            if scene := await self._file(found):
                scenes.append(scene)
                await asyncio.sleep(self.settings.seconds_per_item)
                self._run_plugin(found.path)
            self.state.commit()
        await self._generate(running, scenes)
        self.log.info("Scan finished")

    # --- the disk ---

    def _walk(self) -> Walk:
        walk = Walk()
        for text in self.paths or self.settings.libraries:
            path = Path(os.path.normpath(text))
            if not self._in_library(path):
                walk.problems.append(f"error scanning {path}: path is not in the configured library paths")
            elif not path.exists():
                walk.problems.append(f"error walking {path}: lstat {path}: no such file or directory")
            else:
                self._walk_into(path, walk)
        return walk

    def _in_library(self, path: Path) -> bool:
        return any(path.is_relative_to(os.path.normpath(root)) for root in self.settings.libraries)

    def _walk_into(self, top: Path, walk: Walk) -> None:
        for path in [top] if top.is_file() else _below(top):
            if path.is_dir():
                walk.folders.append(path)
            elif self._takes(path):
                status = path.stat()
                if status.st_mtime >= self.not_before:
                    walk.files.append(WalkedFile(path, status))

    def _takes(self, path: Path) -> bool:
        """In silence, it passes over what it doesn't."""
        if path.suffix.lstrip(".").lower() not in self.settings.video_extensions:
            return False
        roots = [root for root in self.settings.libraries if path.is_relative_to(root)]
        if roots and max(roots, key=len) in self.settings.without_video:
            return False
        return not any(pattern.search(str(path)) for pattern in self._excludes)

    @cached_property
    def _excludes(self) -> list[re.Pattern[str]]:
        found = []
        for pattern in filter(str.strip, self.settings.excludes):
            try:
                found.append(re.compile(pattern, re.IGNORECASE))
            except re.error as error:
                self.log.error(f"Exclude :{error}")
        return found

    # --- one folder, one file ---

    def _know_folder(self, path: Path) -> None:
        if str(path) in self.state.folder_by_path:
            return
        parent = self.state.folder_by_path.get(str(path.parent))
        self.state.add(
            Folder(
                id=self.state.new_id("folders"),
                path=str(path),
                parent_id=parent.id if parent else None,
                mod_time=self.state.clock.file_time(path.stat().st_mtime),
                **self.state.new_times(),
            )
        )
        self.state.commit()

    async def _file(self, found: WalkedFile) -> Scene | None:
        """The scene that the file made or joined, None when there is nothing new."""
        folder = self.state.folder_by_path.get(str(found.path.parent))
        if folder is None:
            self.log.error(f'error scanning file "{found.path}": parent folder for "{found.path}" doesn\'t exist')
            return None
        try:
            return await self._known_or_new(found, folder)
        except (Unreadable, OSError) as error:
            self.log.error(
                f'error scanning file "{found.path}": running ffprobe: '
                f"ffprobe encountered an error with <{found.path}>: {error}"
            )
        return None

    async def _known_or_new(self, found: WalkedFile, folder: Folder) -> Scene | None:
        known = self.state.file_by_path.get(str(found.path))
        if known is None:
            return await self._new_file(found, folder)
        mod_time = self.state.clock.file_time(found.status.st_mtime)
        same_time = datetime.fromisoformat(known.mod_time) == datetime.fromisoformat(mod_time)
        if self.rescan or not same_time or known.size != found.status.st_size:
            await self._replaced_file(known, found)
        return None if known.id in self.state.scene_of_file else self._new_scene(known)

    async def _new_file(self, found: WalkedFile, folder: Folder) -> Scene | None:
        fingerprint = await asyncio.to_thread(oshash, found.path)
        same = [self.state.files[number] for number in self.state.files_by_oshash.get(fingerprint, ())]
        if gone := next((file for file in same if not Path(file.path).exists() and not file.imaginary), None):
            self.log.info(f"{gone.path} moved to {found.path}. Updating path...")
            self.state.move_file(gone, str(found.path), folder)
            return None
        details = await asyncio.to_thread(probe, found.path)
        file = self._add_file(found, folder, fingerprint, details)
        owner = next((self.state.scene_of_file[twin.id] for twin in same if twin.id in self.state.scene_of_file), 0)
        if not owner:
            return self._new_scene(file)
        scene = self.state.scenes[owner]
        self.state.attach(file, scene)
        self.state.touch(scene)
        return scene

    def _run_plugin(self, path: Path) -> None:
        """It may rename what was just scanned, on the disk and in Stash: the file keeps its row and its fingerprint."""
        rename = self.settings.renamed_by_plugin
        if rename is None or (new := rename(str(path))) is None:
            return
        Path(new).parent.mkdir(parents=True, exist_ok=True)
        path.rename(new)
        self._know_folder(Path(new).parent)
        self.state.move_file(self.state.file_by_path[str(path)], new, self.state.folder_by_path[str(Path(new).parent)])

    def _add_file(self, found: WalkedFile, folder: Folder, fingerprint: str, details: Probe) -> VideoFile:
        file = VideoFile(
            id=self.state.new_id("files"),
            path=str(found.path),
            folder_id=folder.id,
            size=found.status.st_size,
            mod_time=self.state.clock.file_time(found.status.st_mtime),
            oshash=fingerprint,
            **asdict(details),
            **self.state.new_times(),
        )
        self.state.add(file)
        return file

    async def _replaced_file(self, known: VideoFile, found: WalkedFile) -> None:
        """Its facts are read again; the phash stays the old one's."""
        details = await asyncio.to_thread(probe, found.path)
        self.state.set_oshash(known, await asyncio.to_thread(oshash, found.path))
        known.size = found.status.st_size
        known.mod_time = self.state.clock.file_time(found.status.st_mtime)
        for name, value in asdict(details).items():
            setattr(known, name, value)
        self.state.touch(known)

    def _new_scene(self, file: VideoFile) -> Scene:
        scene = Scene(id=self.state.new_id("scenes"), **self.state.new_times())
        self.state.add(scene)
        self.state.attach(file, scene)
        return scene

    async def _generate(self, running: Running, scenes: list[Scene]) -> None:
        for scene in scenes if self.wanted else []:
            running.end_if_stopped()
            await self.generator.scene_outputs(scene, self.wanted, overwrite=False)


def _below(top: Path) -> Iterator[Path]:
    """``top``, and all below it, parents before children, in the order of names."""
    for folder, names, files in os.walk(top):
        names.sort()
        yield Path(folder)
        yield from (Path(folder, name) for name in sorted(files))


def _not_before(state: LibraryState, options: dict[str, Any]) -> float:
    text = (options.get("filter") or {}).get("minModTime")
    return parse_timestamp(text, state.clock).timestamp() if text else float("-inf")
