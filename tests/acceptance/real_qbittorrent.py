"""A real qBittorrent for a test: on a free port, with a profile of its own, without any network.

with real_qbittorrent(tmp_path) as qbittorrent:
    qbittorrent.seed("Dune Walk", ["Dune Walk/one.mp4", "Dune Walk/two.mp4"], save_path, category="films")
    qbittorrent.url, qbittorrent.username, qbittorrent.password, qbittorrent.client
"""

import base64
import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import qbittorrentapi
from qbittorrentapi import Client, TorrentDictionary

from tests.acceptance.torrent_files import torrent_of

PROGRAM = "qbittorrent-nox"
MISSING = f"{PROGRAM} is not installed (apt-get install {PROGRAM})"
FINISHED = ("uploading", "stalledUP", "pausedUP", "stoppedUP", "queuedUP", "forcedUP")
USERNAME, PASSWORD = "admin", "adminadmin"
START_TIMEOUT = 30.0  # seconds
SEED_TIMEOUT = 30.0  # seconds
STOP_TIMEOUT = 15.0  # seconds

CONFIGURATION = r"""
[LegalNotice]
Accepted=true
[Preferences]
WebUI\Port={port}
WebUI\Address=127.0.0.1
WebUI\LocalHostAuth=true
WebUI\Username={username}
WebUI\Password_PBKDF2="@ByteArray({password})"
[BitTorrent]
Session\DHTEnabled=false
Session\PeXEnabled=false
Session\LSDEnabled=false
Session\Interface=lo
Session\InterfaceName=lo
Session\QueueingSystemEnabled=false
Session\RefreshInterval=100
Session\DefaultSavePath={downloads}
[Network]
PortForwardingEnabled=false
"""


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


class RealQbittorrent:
    """One profile in `folder`, and the process that runs on it. `downloads` is its default save path."""

    username, password = USERNAME, PASSWORD

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.downloads = folder / "downloads"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.downloads.mkdir(parents=True, exist_ok=True)
        config = folder / "qBittorrent" / "config" / "qBittorrent.conf"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            CONFIGURATION.format(
                port=self.port, username=USERNAME, password=_pbkdf2(PASSWORD), downloads=self.downloads
            )
        )

    def start(self) -> None:
        """Starts it and waits until it takes the login. TimeoutError if it doesn't."""
        # Without a UTF-8 locale torrents with umlauts never finish.
        environment = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
        # The kernel ends it with the test run, however that ends.
        command = ["setpriv", "--pdeathsig", "KILL", PROGRAM, f"--profile={self.folder}"]
        with (self.folder / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        wait_until(self._listens, f"{PROGRAM} on {self.url}", START_TIMEOUT)
        self.client = self.new_client()
        self.client.auth_log_in()

    def stop(self) -> None:
        """Ends it as a person would, so that it saves its torrents; kills it if that takes too long."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def new_client(self, password: str = PASSWORD) -> Client:
        return Client(host=self.url, username=USERNAME, password=password, REQUESTS_ARGS={"timeout": 10})

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
        if they had never been downloaded. Waits until qBittorrent has checked it.
        """
        save_path = save_path or self.downloads
        content, info_hash, rooted = torrent_of(name, list(files), save_path)
        for file in missing:
            (save_path / file).unlink()
        self.client.torrents_add(
            torrent_files=content,
            save_path=str(save_path),
            category=category,
            tags=list(tags),
            is_paused=True,
            use_auto_torrent_management=False,
            content_layout="Original" if rooted else "NoSubfolder",
        )
        wait_until(lambda: bool(self.client.torrents_info(torrent_hashes=info_hash)), f"torrent {name!r}")
        self._deselect(info_hash, {*deselect, *missing})
        self.client.torrents_resume(torrent_hashes=info_hash)
        wait_until(
            lambda: self.torrent(info_hash).state in FINISHED, f"{name!r} to be finished", SEED_TIMEOUT
        )
        return self.torrent(info_hash)

    def torrent(self, info_hash: str) -> TorrentDictionary:
        return self.client.torrents_info(torrent_hashes=info_hash)[0]

    def _deselect(self, info_hash: str, names: set[str]) -> None:
        files = self.client.torrents_files(torrent_hash=info_hash)
        ids = [file.index for file in files if file.name in names]
        assert len(ids) == len(names), f"{names} are not all among {[file.name for file in files]}"
        if ids:
            self.client.torrents_file_priority(torrent_hash=info_hash, file_ids=ids, priority=0)

    def _listens(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"{PROGRAM} ended: {(self.folder / 'output.txt').read_text()}")
        try:
            Client(host=self.url, REQUESTS_ARGS={"timeout": 2}).auth_log_in(USERNAME, PASSWORD)
        except qbittorrentapi.APIConnectionError:
            return False
        return True


@contextlib.contextmanager
def real_qbittorrent(folder: Path) -> Iterator[RealQbittorrent]:
    """Started, with everything it writes in `folder`; killed at the end of the block."""
    qbittorrent = RealQbittorrent(folder)
    try:
        qbittorrent.start()
        yield qbittorrent
    finally:
        qbittorrent.kill()


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 10.0) -> None:
    """Looks again and again. TimeoutError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout} s for {what}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _pbkdf2(password: str) -> str:
    """As qBittorrent keeps a password (4.2 and later); newer ones have no default password any more."""
    salt = b"0123456789abcdef"
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 100_000)
    return ":".join(base64.b64encode(part).decode() for part in (salt, digest))
