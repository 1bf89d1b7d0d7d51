"""Torrents as qBittorrent sees them: what lies on disk, what state that is, and how it says so in JSON."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMPLETE = {"uploading", "stalledUP", "pausedUP", "stoppedUP", "queuedUP", "forcedUP", "checkingUP"}
DOWNLOADING = {"downloading", "metaDL", "forcedMetaDL", "stalledDL", "checkingDL", "queuedDL", "forcedDL"}
STOPPED = {"pausedUP", "stoppedUP", "pausedDL", "stoppedDL"}
ACTIVE = {"downloading", "forcedDL", "metaDL", "forcedMetaDL", "uploading", "forcedUP", "moving"}
FOREVER = 8_640_000  # seconds; qBittorrent's estimated time where there is none


@dataclass(frozen=True)
class NewFile:
    """A file of a torrent to add. `name` is relative to the save path, as torrents/files shows it.

    `source`: a file to link or copy there, a number of bytes to write there, or None: it lies there already.
    """

    name: str
    source: Path | int | None = None
    priority: int = 1  # 0: deselected
    progress: float = 1.0  # of a number of bytes, so much of it is written

    def place(self, save_path: Path) -> "TorrentFile":
        target = save_path / self.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.source, Path):
            _link_or_copy(self.source, target)
        if isinstance(self.source, int):
            if self.progress > 0:
                target.write_bytes(_filling(self.name, round(self.source * self.progress)))
            return TorrentFile(self.name, self.source, self.priority, self.progress)
        return TorrentFile(self.name, target.stat().st_size, self.priority, self.progress)


@dataclass
class TorrentFile:
    name: str
    size: int  # bytes
    priority: int = 1
    progress: float = 1.0


@dataclass
class Torrent:
    hash: str
    name: str
    save_path: Path
    files: list[TorrentFile]
    category: str = ""
    tags: list[str] = field(default_factory=list)
    state: str = "stalledUP"
    stopped: bool = False
    checked: bool = True  # one that is added stopped is not, until it is started
    added_on: int = 0  # seconds since 1970
    completion_on: int = 0
    content_folder: Path | None = None  # where content_path says the files are, while they are being moved

    @property
    def wanted(self) -> list[TorrentFile]:
        return [file for file in self.files if file.priority > 0]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.wanted)

    @property
    def progress(self) -> float:
        done = sum(file.size * file.progress for file in self.wanted)
        return round(done / self.size, 6) if self.size else 1.0

    @property
    def is_whole(self) -> bool:
        return all(file.progress == 1 for file in self.wanted)

    @property
    def content_path(self) -> Path:
        """The file of a torrent of one; else its root folder; without one the save path itself."""
        folder = self.content_folder or self.save_path
        if len(self.files) == 1:
            return folder / self.files[0].name
        roots = {Path(file.name).parts[0] for file in self.files}
        rooted = len(roots) == 1 and all("/" in file.name for file in self.files)
        return folder / roots.pop() if rooted else folder

    def look(self) -> None:
        """Checks the files on disk, as a recheck does."""
        for file in self.files:
            path = self.save_path / file.name
            there = path.stat().st_size if path.is_file() else 0
            file.progress = min(1.0, there / file.size) if file.size else 1.0

    def settle(self, paused: str) -> None:
        """Takes the state that fits what is there; `paused` is the version's word for stopped."""
        ending = "UP" if self.is_whole else "DL"
        self.state = (paused if self.stopped else "stalled") + ending
        if self.is_whole and not self.completion_on:
            self.completion_on = int(time.time())

    def has_files(self) -> bool:
        return all((self.save_path / file.name).is_file() for file in self.wanted)

    def move(self, place: Path) -> None:
        """Moves the files from `place` to where `save_path` says already that they are."""
        for file in self.files:
            source, target = place / file.name, self.save_path / file.name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(source, target)
        _remove_empty_folders(place, self.files)

    def delete_files(self) -> None:
        for file in self.files:
            (self.save_path / file.name).unlink(missing_ok=True)
        _remove_empty_folders(self.save_path, self.files)

    def as_info(self) -> dict[str, Any]:
        """One entry of torrents/info."""
        return {
            **_constants(),
            "added_on": self.added_on,
            "amount_left": round(self.size * (1 - self.progress)),
            "category": self.category,
            "completed": round(self.size * self.progress),
            "completion_on": self.completion_on,
            "content_path": str(self.content_path),
            "hash": self.hash,
            "infohash_v1": self.hash,
            "last_activity": self.added_on,
            "magnet_uri": f"magnet:?xt=urn:btih:{self.hash}",
            "name": self.name,
            "progress": self.progress,
            "save_path": str(self.save_path),
            "size": self.size,
            "state": self.state,
            "tags": ", ".join(self.tags),
            "total_size": sum(file.size for file in self.files),
        }

    def as_files(self) -> list[dict[str, Any]]:
        """The answer of torrents/files."""
        files: list[dict[str, Any]] = [
            {
                "availability": -1,
                "index": index,
                "name": file.name,
                "piece_range": [0, 0],
                "priority": file.priority,
                "progress": file.progress,
                "size": file.size,
            }
            for index, file in enumerate(self.files)
        ]
        files[0]["is_seed"] = self.is_whole
        return files

    def as_properties(self) -> dict[str, Any]:
        """The answer of torrents/properties."""
        return {
            "addition_date": self.added_on,
            "comment": "",
            "completion_date": self.completion_on or -1,
            "eta": FOREVER,
            "hash": self.hash,
            "infohash_v1": self.hash,
            "is_private": True,
            "name": self.name,
            "piece_size": 16384,
            "save_path": str(self.save_path),
            "total_size": sum(file.size for file in self.files),
        }


def passes(torrent: Torrent, name: str) -> bool:
    """Whether the torrent is in the list of that status filter; an unknown filter lets all pass."""
    state = torrent.state
    filters = {
        "completed": state in COMPLETE,
        "seeding": state in COMPLETE - STOPPED,
        "downloading": state in DOWNLOADING or state in ("pausedDL", "stoppedDL"),
        "paused": state in STOPPED,
        "stopped": state in STOPPED,
        "resumed": state not in STOPPED,
        "running": state not in STOPPED,
        "active": state in ACTIVE,
        "inactive": state not in ACTIVE,
        "stalled": state in ("stalledUP", "stalledDL"),
        "stalled_uploading": state == "stalledUP",
        "stalled_downloading": state == "stalledDL",
        "checking": state.startswith("checking"),
        "moving": state == "moving",
        "errored": state in ("error", "missingFiles"),
    }
    return filters.get(name, True)


def made_up_hash(name: str, number: int) -> str:
    """For a torrent that was never a .torrent file."""
    return hashlib.sha1(f"{number} {name}".encode()).hexdigest()


def new_files(files: Sequence[NewFile | str | tuple[Any, ...]]) -> list[NewFile]:
    """A bare name is a file that lies there already; a tuple has NewFile's fields in their order."""
    return [_new_file(file) for file in files]


def _new_file(file: NewFile | str | tuple[Any, ...]) -> NewFile:
    if isinstance(file, str):
        return NewFile(file)
    return NewFile(*file) if isinstance(file, tuple) else file


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _filling(name: str, size: int) -> bytes:
    """`size` bytes that no file of another name has."""
    pattern = f"{name}\n".encode()
    return (pattern * (size // len(pattern) + 1))[:size]


def _remove_empty_folders(save_path: Path, files: Iterable[TorrentFile]) -> None:
    folders = {parent for file in files for parent in Path(file.name).parents if parent != Path()}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        path = save_path / folder
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _constants() -> dict[str, Any]:
    """What is the same for every torrent without peers and limits."""
    zeros = (
        "dl_limit dlspeed downloaded downloaded_session num_complete num_incomplete num_leechs num_seeds"
        " priority ratio seeding_time seen_complete time_active trackers_count up_limit uploaded"
        " uploaded_session upspeed"
    )
    return {
        **dict.fromkeys(zeros.split(), 0),
        **dict.fromkeys(("auto_tmm", "f_l_piece_prio", "force_start", "seq_dl", "super_seeding"), False),
        **dict.fromkeys(("availability", "max_ratio", "max_seeding_time"), -1),
        **dict.fromkeys(("ratio_limit", "seeding_time_limit"), -2),
        **dict.fromkeys(("download_path", "infohash_v2", "tracker"), ""),
        "eta": FOREVER,
    }
