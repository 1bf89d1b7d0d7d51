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
from ..media.video import Unreadable, probe
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
        text = (options.get("filter") or {}).get("minModTime")
        self.not_before = parse_timestamp(text, state.clock).timestamp() if text else float("-inf")
        self.wanted = Wanted.of_scan(options)

    async def __call__(self, running: Running) -> None:
        self.log = running.log
        walk = await asyncio.to_thread(self.walk)
        for problem in walk.problems:
            self.log.error(problem)
        for folder in walk.folders:
            self._know_folder(folder)
        running.end_if_stopped()
        if not walk.files:
            running.progress(0.0)
        scenes = []
        async for found in running.each(walk.files):
            if scene := await self.file(found):
                scenes.append(scene)
                await asyncio.sleep(self.settings.seconds_per_item)
                self.run_plugin(found.path)
            self.state.commit()
        for scene in scenes if self.wanted else []:
            running.end_if_stopped()
            await self.generator.scene_outputs(scene, self.wanted, overwrite=False)
        self.log.info("Scan finished")

    # --- the disk ---

    def walk(self) -> Walk:
        """All that lies under the paths given, or under the library, and what can't be walked."""
        walk = Walk()
        roots = [os.path.normpath(root) for root in self.settings.libraries]
        for text in self.paths or self.settings.libraries:
            path = Path(os.path.normpath(text))
            if not any(path.is_relative_to(root) for root in roots):
                walk.problems.append(f"error scanning {path}: path is not in the configured library paths")
                continue
            if not path.exists():
                walk.problems.append(f"error walking {path}: lstat {path}: no such file or directory")
                continue
            for found in [path] if path.is_file() else below(path):
                if found.is_dir():
                    walk.folders.append(found)
                elif self.takes(found):
                    walk.files.append(WalkedFile(found, found.stat()))
        walk.files = [file for file in walk.files if file.status.st_mtime >= self.not_before]
        return walk

    def takes(self, path: Path) -> bool:
        """Whether it scans this file; in silence, it passes over what it doesn't."""
        if path.suffix.lstrip(".").lower() not in self.settings.video_extensions:
            return False
        roots = [root for root in self.settings.libraries if path.is_relative_to(root)]
        if roots and max(roots, key=len) in self.settings.without_video:
            return False
        return not any(pattern.search(str(path)) for pattern in self.excludes)

    @cached_property
    def excludes(self) -> list[re.Pattern[str]]:
        """The patterns that can be compiled; the others are logged."""
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

    async def file(self, found: WalkedFile) -> Scene | None:
        """The scene that the file made or joined, None when there is nothing new."""
        folder = self.state.folder_by_path.get(str(found.path.parent))
        if folder is None:
            self.log.error(f'error scanning file "{found.path}": parent folder for "{found.path}" doesn\'t exist')
            return None
        known = self.state.file_by_path.get(str(found.path))
        try:
            if known is None:
                return await self.new_file(found, folder)
            mod_time = self.state.clock.file_time(found.status.st_mtime)
            same_time = datetime.fromisoformat(known.mod_time) == datetime.fromisoformat(mod_time)
            if self.rescan or not same_time or known.size != found.status.st_size:
                await self.read_again(known, found)
        except (Unreadable, OSError) as error:
            self.log.error(
                f'error scanning file "{found.path}": running ffprobe: '
                f"ffprobe encountered an error with <{found.path}>: {error}"
            )
            return None
        return None if known.id in self.state.scene_of_file else self._new_scene(known)

    async def new_file(self, found: WalkedFile, folder: Folder) -> Scene | None:
        """A path that is not known: a file that was renamed, another one of a scene, or a new scene's."""
        fingerprint = await asyncio.to_thread(oshash, found.path)
        same = [self.state.files[number] for number in self.state.files_by_oshash.get(fingerprint, ())]
        if gone := next((file for file in same if not Path(file.path).exists() and not file.imaginary), None):
            self.log.info(f"{gone.path} moved to {found.path}. Updating path...")
            self.state.move_file(gone, str(found.path), folder)
            return None
        file = VideoFile(
            path=str(found.path),
            folder_id=folder.id,
            oshash=fingerprint,
            **await self._facts(found),
            id=self.state.new_id("files"),
            **self.state.new_times(),
        )
        self.state.add(file)
        owner = next((self.state.scene_of_file[twin.id] for twin in same if twin.id in self.state.scene_of_file), 0)
        if not owner:
            return self._new_scene(file)
        scene = self.state.scenes[owner]
        self.state.attach(file, scene)
        self.state.touch(scene)
        return scene

    def run_plugin(self, path: Path) -> None:
        """It may rename what was just scanned, on the disk and in Stash: the file keeps its row and its fingerprint."""
        rename = self.settings.renamed_by_plugin
        if rename is None or (new := rename(str(path))) is None:
            return
        Path(new).parent.mkdir(parents=True, exist_ok=True)
        path.rename(new)
        self._know_folder(Path(new).parent)
        self.state.move_file(self.state.file_by_path[str(path)], new, self.state.folder_by_path[str(Path(new).parent)])

    async def read_again(self, known: VideoFile, found: WalkedFile) -> None:
        """Its facts are read again; the phash stays the old one's."""
        facts = await self._facts(found)
        self.state.set_oshash(known, await asyncio.to_thread(oshash, found.path))
        for name, value in facts.items():
            setattr(known, name, value)
        self.state.touch(known)

    async def _facts(self, found: WalkedFile) -> dict[str, Any]:
        """What the disk and ffprobe say of a file. Raises Unreadable."""
        details = await asyncio.to_thread(probe, found.path)
        mod_time = self.state.clock.file_time(found.status.st_mtime)
        return {"size": found.status.st_size, "mod_time": mod_time, **asdict(details)}

    def _new_scene(self, file: VideoFile) -> Scene:
        scene = Scene(id=self.state.new_id("scenes"), **self.state.new_times())
        self.state.add(scene)
        self.state.attach(file, scene)
        return scene


def below(top: Path) -> Iterator[Path]:
    """``top``, and all below it, parents before children, in the order of names."""
    for folder, names, files in os.walk(top):
        names.sort()
        yield Path(folder)
        yield from (Path(folder, name) for name in sorted(files))
