"""What a run left in the services and on the disk, without what no two runs share: ids, times and folders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.final_rows import plain
from tests.faults.services import Services


def stash(services: Services) -> dict[str, Any]:
    """All of its library but ids and times, what it generated, and what it still has to do."""
    state = services.stash_state()
    return {
        "scenes": sorted((_of_stash(scene) for scene in state["scenes"]), key=repr),
        **{kind: sorted(_named_rows(state[kind]), key=repr) for kind in ("tags", "performers", "studios")},
        **{kind: sorted(plain(row["path"]) for row in state[kind]) for kind in ("files", "folders")},
        "outputs": sorted(_below(services.stash_folder / "generated")),
        "jobs": services.stash_jobs(),
    }


def _named_rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_of_stash(row) for row in rows]


def _of_stash(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the simulator's dump, its markers too."""
    kept = {name: value for name, value in row.items() if not _is_id_or_time(name)}
    if "markers" in row:
        kept["markers"] = sorted((_of_stash(marker) for marker in row["markers"]), key=repr)
    return plain(kept)


def _is_id_or_time(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "_ids", "_at"))


def disk(library: Path, downloads: Path, pool: Path, links: Mapping[str, int]) -> dict[str, Any]:
    """By the name in the library: which of the pool's files it is, and how; and what is left of the downloads.

    ``links``: how many names each file of the pool had at the beginning; told is how many more it has.
    """
    files = {str(file.relative_to(pool)): file for file in pool.rglob("*") if file.is_file()}
    originals = {file.stat().st_ino: name for name, file in files.items()}
    contents = {file.read_bytes(): name for name, file in files.items()}
    placed = {}
    for name in _below(library):
        file = library / name
        linked = originals.get(file.stat().st_ino)
        placed[name] = f"link to {linked}" if linked else f"copy of {contents.get(_content(file), 'nothing known')}"
    more = {name: file.stat().st_nlink - links[name] for name, file in files.items()}
    return {"library": placed, "downloads": sorted(_below(downloads)), "links": more}


def links_of(pool: Path) -> dict[str, int]:
    """How many names each file of the pool has."""
    return {str(file.relative_to(pool)): file.stat().st_nlink for file in pool.rglob("*") if file.is_file()}


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _below(folder: Path) -> Iterable[str]:
    """Files and folders, empty ones too."""
    return [f"{path.relative_to(folder)}{'/' * path.is_dir()}" for path in sorted(folder.rglob("*"))]


def asked(services: Services) -> dict[str, int]:
    """How often Stash was asked to scan, to generate, and for its own tasks."""
    return {name: len(services.asked(name)) for name in ("metadataScan", "metadataGenerate", "metadataIdentify")}


def tagged_again(services: Services) -> int:
    """How often the tagger answered about a film that it had answered about already."""
    answered = [one for one in services.requests("tagger") if "process_video" in one["path"] and one["status"] == 200]
    return len(answered) - len({json.loads(one["body"])["path"] for one in answered})


def qbittorrent(services: Services) -> list[tuple[str, str, str]]:
    torrents = services.client().torrents_info()
    return sorted((torrent.name, torrent.state, torrent.tags) for torrent in torrents)
