"""Whether other torrents use a file too: then it is never moved away, nor deleted."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent.client import QBittorrentClient, Torrent
from scenes.downloads.files.sources import source_path
from scenes.paths import PathMap, path_of


class Sharing:
    """Looks at every torrent's files; at those of a finished one once, since nobody gives it others' files then."""

    def __init__(self, client: QBittorrentClient, path_map: PathMap):
        self.client, self.path_map = client, path_map
        self._finished: dict[tuple[str, str, str], set[Path]] = {}

    def user_of(self, sources: Collection[Path], torrents: Sequence[Torrent]) -> Torrent | None:
        """One of ``torrents`` that has one of these files, be it by a symbolic link; also where it is deselected.

        List them right before what can't be taken back: a job takes long, and torrents are added meanwhile.
        """
        real = {_real(source) for source in sources}
        return next((torrent for torrent in torrents if self.has_any(torrent, real)), None)

    def has_any(self, torrent: Torrent, real: set[Path]) -> bool:
        """Whether the torrent has one of these files, by their real paths."""
        if torrent.state == "moving":  # its files may still be where they were, and the list doesn't say where
            return not {path.name for path in real}.isdisjoint(Path(name).name for name in self._names(torrent))
        return not real.isdisjoint(self.files_of(torrent))

    def files_of(self, torrent: Torrent) -> set[Path]:
        """The real paths of all its files, also at the old place after a move that failed."""
        key = torrent.hash, torrent.save_path, torrent.content_path
        if key in self._finished:
            return self._finished[key]
        names = self._names(torrent)
        folders = {torrent.save_path, content_folder(torrent.content_path, names) or torrent.save_path}
        paths = {_real(source_path(self.path_map, folder, name)) for folder in folders for name in names}
        if torrent.phase == "finished":
            self._finished[key] = paths
        return paths

    def _names(self, torrent: Torrent) -> list[str]:
        try:
            return [file.name for file in self.client.files(torrent.hash)]
        except ServiceError as error:
            if error.code != "not_found":
                raise
            return []


def content_folder(content_path: str, names: Sequence[str]) -> str:
    """The folder that the names are relative to by the content path: the old one after a move that failed."""
    depth = len(names[0].split("/")) if len(names) == 1 else int(have_root(names))
    path = path_of(content_path)
    return str(path.parents[depth - 1]) if 0 < depth <= len(path.parents) else content_path


def have_root(names: Sequence[str]) -> bool:
    """Whether all of a torrent's files are in one folder of its own."""
    return len({name.partition("/")[0] for name in names}) == 1 and all("/" in name for name in names)


def _real(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a name that no file can have
        return path
