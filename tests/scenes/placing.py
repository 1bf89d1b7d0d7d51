"""A qBittorrent, a Stash and a library folder to place files in; what every test of downloads begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs import testing
from jobs.models import Event, Job
from scenes.attribution import disk
from scenes.crash_points import CrashPoint
from scenes.downloads import cleanup, summarising
from scenes.downloads.files import copying, file_to_place, placing, rows
from scenes.downloads.files.bursts import together
from scenes.downloads.torrents import finished_torrent
from scenes.models import Download, PlacedFile
from scenes.simulators.qbittorrent import NewFile, Qbittorrent, SimulatedTorrent, running_qbittorrent
from scenes.simulators.stash import RunningStash, running_stash


@dataclass
class Place:
    """``downloads`` and ``library`` are real folders on one file system."""

    qbittorrent: Qbittorrent
    stash: RunningStash
    downloads: Path
    library: Path
    configure: Callable[..., Any]

    def add(self, name: str, files: dict[str, int] | list[str], **options: Any) -> SimulatedTorrent:
        """A finished torrent of made-up files, given with their sizes in bytes."""
        sizes = files if isinstance(files, dict) else dict.fromkeys(files, 1000)
        made = [NewFile(file, size) for file, size in sizes.items()]
        return self.qbittorrent.add_torrent(name, made, **options)

    def run(self) -> Job:
        """One process_downloads job, to its end."""
        return testing.run("process_downloads")

    def scan(self) -> Job:
        return testing.run("stash_scan")

    def in_library(self) -> list[str]:
        """All that lies in the library, files and folders."""
        found = (str(path.relative_to(self.library)) for path in self.library.rglob("*") if path.name != disk.MARKER)
        return sorted(found)

    def logins(self) -> int:
        return len(self.qbittorrent.server.control.asked("/auth/login"))


def all_in(folder: Path) -> list[Path]:
    """All that lies below the folder, without the marker that StashHog puts into a library."""
    return sorted(path for path in folder.rglob("*") if path.name != disk.MARKER)


def file_of(name: str) -> PlacedFile:
    return PlacedFile.objects.select_related("download").get(name=name)


def download_of(name: str) -> Download:
    return Download.objects.get(name=name)


def result_of(job: Job) -> dict[str, Any]:
    assert job.result is not None
    return job.result


def log_of(job: Job) -> str:
    return "\n".join(Event.objects.filter(job=job).values_list("message", flat=True))


POINTS = (cleanup, copying, file_to_place, finished_torrent, placing, rows, summarising, together)


At = Callable[[CrashPoint, Callable[[], object]], None]


class Died(BaseException):
    """The process ended here."""


def die() -> None:
    raise Died


@pytest.fixture(name="at")
def at_a_point(monkeypatch: pytest.MonkeyPatch) -> At:
    """`at(point, action)`: what happens meanwhile, once, when a job gets there."""

    def arm(armed: CrashPoint, action: Callable[[], object]) -> None:
        waiting = [action]

        def crash_point(point: CrashPoint) -> None:
            if point == armed and waiting:
                waiting.pop()()

        for module in POINTS:
            monkeypatch.setattr(module, "crash_point", crash_point)

    return arm


@pytest.fixture(name="place")
def a_place(tmp_path: Path, configure: Callable[..., Any]) -> Iterator[Place]:
    downloads, library = tmp_path / "downloads", tmp_path / "library"
    library.mkdir()
    with (
        running_qbittorrent(downloads) as qbittorrent,
        running_stash(library=[library], seconds_per_item=0.0) as stash,
    ):
        configure(
            stash_url=stash.url,
            qbittorrent_url=qbittorrent.url,
            qbittorrent_username=qbittorrent.username,
            qbittorrent_password=qbittorrent.password,
            library_path=library,
            torrent_folder="never",  # so that a test need not name a folder; test_downloads_folders has the default
            stash_poll=0.05,
        )
        yield Place(qbittorrent, stash, downloads, library, configure)
