"""Torrents as qBittorrent sees them: what lies on disk, what state that is, and how it says so in JSON."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

from scenes.paths import path_of

STOPPED = {"pausedUP", "stoppedUP", "pausedDL", "stoppedDL"}


@dataclass(frozen=True)
class NewFile:
    """A file of a torrent to add. `name` is relative to the save path, as torrents/files shows it.

    `source`: a file to link or copy there, a number of bytes to write there, or None: it lies there already.
    """

    name: str
    source: Path | int | None = None
    priority: int = 1  # 0: deselected
    progress: float = 1.0  # of a number of bytes, so much of it is written

    def place(self, save_path: Path) -> "SimulatedFile":
        target = save_path / self.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.source, Path):
            try:
                os.link(self.source, target)
            except OSError:
                shutil.copyfile(self.source, target)
        if isinstance(self.source, int):
            if self.progress > 0:
                size, pattern = round(self.source * self.progress), f"{self.name}\n".encode()  # no other file has these
                target.write_bytes((pattern * (size // len(pattern) + 1))[:size])
            return SimulatedFile(self.name, self.source, self.priority, self.progress)
        return SimulatedFile(self.name, target.stat().st_size, self.priority, self.progress)


@dataclass
class SimulatedFile:
    name: str
    size: int  # bytes
    priority: int = 1
    progress: float = 1.0


@dataclass
class SimulatedTorrent:
    hash: str
    name: str
    save_path: Path
    files: list[SimulatedFile]
    category: str = ""
    tags: list[str] = field(default_factory=list)
    state: str = "stalledUP"
    stopped: bool = False
    checked: bool = True  # one that is added stopped is not, until it is started
    added_on: int = 0  # seconds since 1970
    completion_on: int = 0
    content_folder: Path | None = None  # where the files still are while they are moved, and after a move that failed

    @property
    def wanted(self) -> list[SimulatedFile]:
        return [file for file in self.files if file.priority > 0]

    @property
    def completed(self) -> int:
        """Bytes that are there. Measured on 4.5.2: those of deselected files too."""
        return sum(round(file.size * file.progress) for file in self.files)

    @property
    def size(self) -> int:
        """Bytes that are selected or there, so it does not follow the selection of files that are there."""
        return self.completed + sum(file.size - round(file.size * file.progress) for file in self.wanted)

    @property
    def progress(self) -> float:
        return round(self.completed / self.size, 6) if self.size else 1.0

    @property
    def is_whole(self) -> bool:
        return all(file.progress == 1 for file in self.wanted)

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.content_folder or self.save_path

    @property
    def content_path(self) -> str:
        """The file of a torrent of one; else its root folder; without one the folder itself."""
        if len(self.files) == 1:
            return _joined(self.folder, self.files[0].name)
        roots = {Path(file.name).parts[0] for file in self.files}
        rooted = len(roots) == 1 and all("/" in file.name for file in self.files)
        return _joined(self.folder, roots.pop()) if rooted else str(self.folder)

    def look(self) -> None:
        """Checks the files on disk, as a recheck does."""
        for file in self.files:
            path = self.folder / file.name
            there = path.stat().st_size if path.is_file() else 0
            file.progress = min(1.0, there / file.size) if file.size else 1.0

    def update_state(self, paused: str) -> None:
        """Takes the state that fits what is there; `paused` is the version's word for stopped."""
        ending = "UP" if self.is_whole else "DL"
        self.state = (paused if self.stopped else "stalled") + ending
        if self.is_whole and not self.completion_on:
            self.completion_on = int(time.time())

    def has_files(self) -> bool:
        return all((self.folder / file.name).is_file() for file in self.wanted)

    def move(self) -> None:
        """Moves the files to where `save_path` says already that they are."""
        place, self.content_folder = self.folder, None
        for file in self.files:
            source, target = place / file.name, self.save_path / file.name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(source, target)
        _remove_empty_folders(place, self.files)

    def fail_to_move(self) -> None:
        """What a move without room leaves there: the first file in its full size, with a hole. The intact ones stay."""
        file = self.files[0]
        target = self.save_path / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with (self.folder / file.name).open("rb") as reading, target.open("wb") as writing:
            writing.write(reading.read(file.size // 2))
            writing.truncate(file.size)

    def delete_files(self) -> None:
        for file in self.files:
            (self.folder / file.name).unlink(missing_ok=True)
        _remove_empty_folders(self.folder, self.files)


def made_up_hash(name: str, number: int) -> str:
    """For a torrent that was never a .torrent file."""
    return hashlib.sha1(f"{number} {name}".encode()).hexdigest()


def new_files(files: Sequence[NewFile | str | tuple[Any, ...]]) -> list[NewFile]:
    """A bare name is a file that lies there already; a tuple has NewFile's fields in their order."""
    tuples = ((file,) if isinstance(file, str) else file for file in files)
    return [NewFile(*file) if isinstance(file, tuple) else file for file in tuples]


def _joined(folder: Path, name: str) -> str:
    """As text: a hostile name must not lead elsewhere, and on Windows all separators are backslashes."""
    path = path_of(f"{folder}/{name}")
    return str(path) if isinstance(path, PureWindowsPath) else f"{folder}/{name}"


def _remove_empty_folders(save_path: Path, files: Iterable[SimulatedFile]) -> None:
    folders = {parent for file in files for parent in Path(file.name).parents if parent != Path()}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        path = save_path / folder
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
