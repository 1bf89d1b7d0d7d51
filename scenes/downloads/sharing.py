"""Whether other torrents use a file too: then it is never moved away, nor deleted."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent import QBittorrentClient, Torrent
from scenes.downloads.sources import source_path
from scenes.paths import PathMap


class Sharing:
    """Looks at every torrent's files; at those of a finished one once, since nobody gives it others' files then."""

    def __init__(self, client: QBittorrentClient, path_map: PathMap):
        self.client, self.path_map = client, path_map
        self._finished: dict[tuple[str, str], set[Path]] = {}

    def user_of(self, sources: Collection[Path], torrents: Sequence[Torrent]) -> Torrent | None:
        """One of ``torrents`` that has one of these files, be it by a symbolic link; also where it is deselected.

        List them right before what can't be taken back: a job takes long, and torrents are added meanwhile.
        """
        real = {_real(source) for source in sources}
        return next((torrent for torrent in torrents if self._has_any(torrent, real)), None)

    def _has_any(self, torrent: Torrent, real: set[Path]) -> bool:
        if torrent.state == "moving":  # its files may still be where they were, and the list doesn't say where
            return not {path.name for path in real}.isdisjoint(Path(name).name for name in self._names(torrent))
        return not real.isdisjoint(self._files_of(torrent))

    def _files_of(self, torrent: Torrent) -> set[Path]:
        key = torrent.hash, torrent.save_path
        if key in self._finished:
            return self._finished[key]
        paths = {_real(source_path(self.path_map, torrent.save_path, name)) for name in self._names(torrent)}
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


def _real(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a name that no file can have
        return path
