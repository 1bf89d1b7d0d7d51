"""Gives a qBittorrent, real or simulated, finished torrents of files that are there."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from qbittorrentapi import Client, TorrentDictionary

from tests.acceptance.torrent_files import TorrentFile, torrent_of

FINISHED = ("uploading", "stalledUP", "pausedUP", "stoppedUP", "queuedUP", "forcedUP")
SEED_TIMEOUT = 30.0  # seconds


class Seeder:
    """Needs a logged-in client, and the folder that is the default save path."""

    client: Client
    downloads: Path

    def seed(
        self,
        name: str,
        files: Sequence[str],
        save_path: Path | None = None,
        *,
        category: str | None = None,
        tags: Sequence[str] = (),
        deselect: Sequence[str] = (),
        missing: Sequence[str] = (),
    ) -> TorrentDictionary:
        """A finished torrent called `name` of files that lie in `save_path` (default: `downloads`).

        `files` are relative to `save_path`. All in a folder called `name`: a torrent with a root folder. One
        file without a folder: a torrent of that file. Anything else: a torrent without a root folder. Those
        in `deselect` get priority 0; those in `missing` too, and are deleted before the torrent is added, as
        if they had never been downloaded. Waits until it is finished: qBittorrent has to check it first.
        """
        place = save_path or self.downloads
        metadata = torrent_of(name, list(files), place)
        for file in missing:
            (place / file).unlink()
        self.add(metadata, place, category=category, tags=tags)
        self._deselect(metadata.hash, {*deselect, *missing})
        self.client.torrents_resume(torrent_hashes=metadata.hash)
        self.wait_for_state(metadata.hash, *FINISHED)
        return self.torrent(metadata.hash)

    def add(self, metadata: TorrentFile, place: Path, category: str | None = None, tags: Sequence[str] = ()) -> None:
        """Adds a torrent, paused. RuntimeError if qBittorrent says no."""
        answer = self.client.torrents_add(
            torrent_files=metadata.content,
            save_path=str(place),
            category=category,
            tags=list(tags),
            is_paused=True,
            use_auto_torrent_management=False,
            content_layout="Original" if metadata.rooted else "NoSubfolder",
        )
        if answer == "Fails.":
            raise RuntimeError(f"qBittorrent did not add the torrent: {answer}")
        wait_until(lambda: bool(self.client.torrents_info(torrent_hashes=metadata.hash)), metadata.hash)

    def torrent(self, info_hash: str) -> TorrentDictionary:
        return self.client.torrents_info(torrent_hashes=info_hash)[0]

    def wait_for_state(self, info_hash: str, *states: str) -> None:
        wait_until(lambda: self.torrent(info_hash).state in states, f"{info_hash} in {states}", SEED_TIMEOUT)

    def _deselect(self, info_hash: str, names: set[str]) -> None:
        files = self.client.torrents_files(torrent_hash=info_hash)
        ids = [file.index for file in files if file.name in names]
        assert len(ids) == len(names), f"{names} are not all among {[file.name for file in files]}"
        if ids:
            self.client.torrents_file_priority(torrent_hash=info_hash, file_ids=ids, priority=0)


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 10.0) -> None:
    """Looks again and again. TimeoutError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout} s for {what}")
        time.sleep(0.02)
