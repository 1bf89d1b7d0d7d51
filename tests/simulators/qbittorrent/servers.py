"""The two that are held to the same tests, and what these tests need of them."""

import qbittorrentapi
import requests
from qbittorrentapi import Client

from scenes.simulators.qbittorrent import Qbittorrent
from tests.acceptance.real_qbittorrent import RealQbittorrent
from tests.acceptance.seeding import Seeder


class SimulatedQbittorrent(Seeder):
    """The simulator, with the same handles as the real one."""

    def __init__(self, simulator: Qbittorrent) -> None:
        self.simulator, self.downloads, self.url = simulator, simulator.downloads, simulator.url
        self.client = self.new_client()

    def new_client(self, password: str = "adminadmin") -> Client:
        return Client(host=self.url, username="admin", password=password, REQUESTS_ARGS={"timeout": 10})

    def restart(self) -> None:
        self.simulator.restart()


AnyQbittorrent = RealQbittorrent | SimulatedQbittorrent


def write(qbt: AnyQbittorrent, *names: str, folder: str = "") -> list[str]:
    """Files in the test's folder, or in a folder in it, with a content that no other test's files have."""
    for name in names:
        path = qbt.downloads / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{qbt.downloads.name} {folder} {name}\n".encode() * 1000)
    return list(names)


def names(torrents: qbittorrentapi.TorrentInfoList) -> set[str]:
    return {torrent.name for torrent in torrents}


def log_in(qbt: AnyQbittorrent, session: requests.Session, password: str = "adminadmin") -> requests.Response:
    form = {"username": "admin", "password": password}
    return session.post(f"{qbt.url}/api/v2/auth/login", data=form, timeout=10)
