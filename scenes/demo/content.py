"""What the demo finds: a small library, and finished downloads of every awkward kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from scenes.simulators.videos import make_video

SECONDS = 6.0  # of each video
TIMEOUT = 30.0  # seconds for each request to a simulator
TAGS = ("Beach", "Forest", "Mountains", "Night", "Sunset", "River", "City")


@dataclass(frozen=True)
class DemoTorrent:
    """A finished download: file names as in the torrent's list, `wanted` of them downloaded."""

    name: str
    files: tuple[str, ...]
    deselected: tuple[str, ...] = ()


LIBRARY = ("Old Harbour/Harbour at Night.mp4", "Old Harbour/Harbour Morning.mp4", "Desert Road.mp4")
TORRENTS = (
    DemoTorrent("Alpine Summer", ("Alpine Summer/Mountains at Dawn.mp4", "Alpine Summer/Mountains at Night.mp4")),
    DemoTorrent("Forest Walk.mp4", ("Forest Walk.mp4",)),
    DemoTorrent("Two Rivers", ("River One.mp4", "River Two.mp4")),
    DemoTorrent("Küsten & Möwen", ("Küsten & Möwen/Möwen über dem Beach.mp4",)),
    DemoTorrent('It\'s a "City"', ('It\'s a "City"/City Lights.mkv',)),
    DemoTorrent("Sunset 🌅", ("Sunset 🌅/Sunset 🌅.mp4", "Sunset 🌅/Sample.mp4"), deselected=("Sunset 🌅/Sample.mp4",)),
    DemoTorrent("Lake", ("Lake/Lake in Spring.mp4",)),
)


def make_videos(library: Path, downloads: Path) -> Iterator[str]:
    """A few seconds of real H.264 for every file of the library and of the downloads; says which comes next."""
    places = [library / name for name in LIBRARY]
    places += [downloads / name for torrent in TORRENTS for name in torrent.files]
    for seed, path in enumerate(places):
        yield f"Making video {seed + 1} of {len(places)} …"
        make_video(path, seconds=SECONDS, title=path.stem, seed=seed)


def fill_stash(url: str) -> None:
    """A Stash that has been used: its library scanned, and tags of its own."""
    for tag in TAGS:
        _graphql(url, "mutation ($name: String!) { tagCreate(input: {name: $name}) { id } }", name=tag)
    _graphql(url, "mutation { metadataScan(input: {scanGenerateCovers: true}) }")


def fill_qbittorrent(url: str) -> None:
    """Finished torrents, whose files are in the downloads folder."""
    for torrent in TORRENTS:
        files = [{"name": name, "priority": int(name not in torrent.deselected)} for name in torrent.files]
        answer = requests.post(
            f"{url}/_simulator/torrents", json={"name": torrent.name, "files": files}, timeout=TIMEOUT
        )
        answer.raise_for_status()


def _graphql(url: str, query: str, **variables: str) -> None:
    answer = requests.post(f"{url}/graphql", json={"query": query, "variables": variables}, timeout=TIMEOUT)
    answer.raise_for_status()
    if errors := answer.json().get("errors"):
        raise RuntimeError(f"The Stash simulator refused {query}: {errors}")
