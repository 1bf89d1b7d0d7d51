"""Whether other torrents use a file too: then it is never moved away, nor deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from scenes.clients.base import ServiceError
from scenes.clients.qbittorrent import QBittorrentClient, Torrent
from scenes.downloads.sources import source_path
from scenes.paths import PathMap


class Sharing:
    """Knows the files of every torrent in the client, each asked for at most once."""

    def __init__(self, client: QBittorrentClient, torrents: Sequence[Torrent], path_map: PathMap):
        self.client, self.torrents, self.path_map = client, torrents, path_map
        self._files: dict[str, dict[str, list[Path]]] = {}

    def other_with(self, torrent_hash: str, sources: Collection[Path]) -> Torrent | None:
        """A torrent, other than this one, that has one of these files; also one where it is deselected."""
        real = {source.resolve() for source in sources}
        for torrent in self.torrents:
            if torrent.hash != torrent_hash and self._has_any(torrent, real):
                return torrent
        return None

    def _has_any(self, torrent: Torrent, sources: Collection[Path]) -> bool:
        files = self._files_of(torrent)
        return any(path.resolve() == source for source in sources for path in files.get(source.name, ()))

    def _files_of(self, torrent: Torrent) -> dict[str, list[Path]]:
        """Its files' paths, by their last part."""
        if torrent.hash not in self._files:
            found: dict[str, list[Path]] = {}
            for name in self._names(torrent):
                path = source_path(self.path_map, torrent.save_path, name)
                found.setdefault(path.name, []).append(path)
            self._files[torrent.hash] = found
        return self._files[torrent.hash]

    def _names(self, torrent: Torrent) -> list[str]:
        try:
            return [file.name for file in self.client.files(torrent.hash) if "\0" not in file.name]
        except ServiceError as error:
            if error.code != "not_found":
                raise
            return []
