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
from collections.abc import Iterator
from pathlib import Path

import qbittorrentapi
from qbittorrentapi import Client

from tests.acceptance.seeding import Seeder, wait_until

PROGRAM = "qbittorrent-nox"
MISSING = f"{PROGRAM} is not installed (apt-get install {PROGRAM})"
USERNAME, PASSWORD = "admin", "adminadmin"
START_TIMEOUT = 30.0  # seconds
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
Session\SubcategoriesEnabled=true
Session\DefaultSavePath={downloads}
[Network]
PortForwardingEnabled=false
"""


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


class RealQbittorrent(Seeder):
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


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _pbkdf2(password: str) -> str:
    """As qBittorrent keeps a password (4.2 and later); newer ones have no default password any more."""
    salt = b"0123456789abcdef"
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 100_000)
    return ":".join(base64.b64encode(part).decode() for part in (salt, digest))
