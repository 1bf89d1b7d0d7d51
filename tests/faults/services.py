"""The services that StashHog works with, as processes, kept for all cases and emptied between them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from qbittorrentapi import Client

from scenes.simulators.stash.media.fingerprints import oshash
from scenes.simulators.videos import make_video
from tests.acceptance.harness import simulator

TIMEOUT = 30  # seconds for each request to a simulator
USERNAME, PASSWORD = "admin", "adminadmin"
# A torrent of a folder, one of two files without a folder, and a single file.
TORRENTS = {
    "Alps": ("Alps/Dawn.mp4", "Alps/Night at the Hut.mp4", "Alps/Dawn.en.srt", "Alps/Readme.txt"),
    "Two Rivers": ("River One.mp4", "River Two.mp4"),
    "Harbour.mp4": ("Harbour.mp4",),
}
FILES = [name for names in TORRENTS.values() for name in names]
VIDEOS = [name for name in FILES if name.endswith(".mp4")]


@dataclass
class Services:
    """Addresses of the simulators, the folder that Stash keeps its state in, and a pool of videos to link."""

    stash: str
    qbittorrent: str
    tagger: str
    stash_folder: Path
    pool: Path

    def empty(self, library: Path) -> None:
        """As new: nothing in any service, and Stash looks after ``library``."""
        _post(f"{self.stash}/_simulator/restart")
        _post(f"{self.stash}/_simulator/wipe")
        self.all_well()
        settings = {"libraries": [str(library)]}
        requests.patch(f"{self.stash}/_simulator/settings", json=settings, timeout=TIMEOUT).raise_for_status()
        self._delete_outputs()
        self.delete_torrents()
        for url in (self.stash, self.qbittorrent, self.tagger):
            requests.delete(f"{url}/_simulator/requests", timeout=TIMEOUT).raise_for_status()

    def _delete_outputs(self) -> None:
        for made in (self.stash_folder / "generated").rglob("*.*"):
            made.rmdir() if made.is_dir() else made.unlink()

    def delete_torrents(self) -> None:
        """Out of qBittorrent; their files stay."""
        client = self.client()
        client.torrents_delete(delete_files=False, torrent_hashes=[one.hash for one in client.torrents_info()])

    def slow(self, stash: float | None = None, tagger: float | None = None) -> None:
        """Seconds for each item that Stash scans or generates, and for each film of the tagger."""
        if stash is not None:
            settings = {"seconds_per_item": stash}
            requests.patch(f"{self.stash}/_simulator/settings", json=settings, timeout=TIMEOUT).raise_for_status()
        if tagger is not None:
            _post(f"{self.tagger}/_simulator/options", seconds=tagger)

    def begin_foreign_job(self) -> str:
        """Somebody else's generation, which holds up all other jobs of Stash; its id."""
        return _post(f"{self.stash}/_simulator/jobs", description="Generating...")["id"]

    def end_foreign_job(self, job_id: str) -> None:
        requests.delete(f"{self.stash}/_simulator/jobs/{job_id}", timeout=TIMEOUT).raise_for_status()

    def client(self) -> Client:
        return Client(host=self.qbittorrent, username=USERNAME, password=PASSWORD)

    def download(self, downloads: Path) -> None:
        """All torrents, finished, their files in ``downloads``."""
        for name, files in TORRENTS.items():
            for file in files:
                (downloads / file).parent.mkdir(parents=True, exist_ok=True)
                os.link(self.pool / file, downloads / file)
            self.add_torrent(name, files, downloads)

    def add_torrent(self, name: str, files: Sequence[str], downloads: Path) -> None:
        """A finished one, its files in ``downloads`` already."""
        entries = [{"name": file} for file in files]
        _post(f"{self.qbittorrent}/_simulator/torrents", name=name, files=entries, save_path=str(downloads))

    def stash_state(self) -> dict[str, Any]:
        """The whole library of Stash, see `scenes.simulators.stash.library.state.dump`."""
        return requests.get(f"{self.stash}/_simulator/state", timeout=TIMEOUT).json()

    def stash_jobs(self) -> list[dict[str, Any]]:
        """Stash's own jobs that wait or run."""
        return self.graphql("{ jobQueue { id description status } }")["jobQueue"] or []

    def asked(self, name: str) -> list[dict[str, Any]]:
        """The requests to Stash with this operation or field."""
        return requests.get(f"{self.stash}/_simulator/requests", params={"name": name}, timeout=TIMEOUT).json()

    def requests(self, service: str) -> list[dict[str, Any]]:
        """What qBittorrent or the tagger was asked, see `scenes.simulators.control.Record`."""
        return requests.get(f"{getattr(self, service)}/_simulator/requests", timeout=TIMEOUT).json()

    def all_well(self) -> None:
        """No faults, and nothing slow, from now on."""
        for url in (self.stash, self.qbittorrent, self.tagger):
            requests.delete(f"{url}/_simulator/faults", timeout=TIMEOUT).raise_for_status()
        requests.delete(f"{self.tagger}/_simulator/refusals", timeout=TIMEOUT).raise_for_status()
        self.slow(stash=0.02, tagger=0.0)

    def writes(self) -> list[str]:
        """The names of the mutations that Stash was asked for, in order."""
        entries = requests.get(f"{self.stash}/_simulator/requests", timeout=TIMEOUT).json()
        return [name for entry in entries if entry["query"].lstrip().startswith("mutation") for name in entry["fields"]]

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = _post(f"{self.stash}/graphql", query=query, variables=variables)
        assert not answer.get("errors"), answer
        return answer["data"]

    def fault(self, service: str, **fault: Any) -> None:
        """Arm one, see `scenes.simulators.control` and `scenes.simulators.stash.web.faults`."""
        _post(f"{getattr(self, service)}/_simulator/faults", **fault)

    def refuse(self, name: str) -> None:
        """The tagger can't handle films of this name."""
        _post(f"{self.tagger}/_simulator/refusals", path=name, detail="a bug in a model")

    def never_preview(self, film: Path) -> None:
        """Stash can't write this film's preview: a folder has its name."""
        place = self.stash_folder / "generated" / "screenshots" / f"{oshash(film)}.mp4"
        place.mkdir(parents=True, exist_ok=True)

    def see(self, path: Path, tags: dict[str, Any]) -> None:
        """What the tagger is to see in the film: {category: {tag: [[start, end, confidence], …]}}."""
        _post(f"{self.tagger}/_simulator/tags", path=str(path), tags=tags)


def _post(url: str, **body: Any) -> Any:
    answer = requests.post(url, json=body, timeout=TIMEOUT, headers={"Accept": "application/json"})
    answer.raise_for_status()
    return answer.json()


@contextlib.contextmanager
def running_services(folder: Path) -> Iterator[Services]:
    """All services up; gone afterwards."""
    library, downloads, stash = folder / "library", folder / "downloads", folder / "stash"
    for made in (library, downloads, stash):
        made.mkdir()
    fill(folder / "pool", FILES)
    with contextlib.ExitStack() as stack:
        options = ("--library", str(library), "--state", str(stash), "--seconds-per-item", "0.02")
        yield Services(
            stash=stack.enter_context(simulator("stash", *options)),
            qbittorrent=stack.enter_context(
                simulator("qbittorrent", "--downloads", str(downloads), "--state", str(folder / "torrents"))
            ),
            tagger=stack.enter_context(simulator("tagger")),
            stash_folder=stash,
            pool=folder / "pool",
        )


def fill(pool: Path, names: Sequence[str]) -> None:
    """A tiny video, or text, for each name."""
    for seed, name in enumerate(names):
        if not name.endswith(".mp4"):
            (pool / name).write_text(f"Not a video: {name}")
        else:
            make_video(pool / name, seconds=1.5, size=(64, 36), title=name, seed=seed)
