"""The package's client for a simulated qBittorrent."""

from qbittorrentapi import Client

from scenes.simulators.qbittorrent import Qbittorrent


def client(qbt: Qbittorrent, password: str = "adminadmin", timeout: float = 10) -> Client:
    return Client(
        host=qbt.url,
        username="admin",
        password=password,
        REQUESTS_ARGS={"timeout": timeout},
        FORCE_SCHEME_FROM_HOST=True,  # else it tries https after a timeout, and reports that instead
    )
