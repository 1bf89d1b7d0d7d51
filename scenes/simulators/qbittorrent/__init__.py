"""A qBittorrent that is not one: the part of its Web API that StashHog uses, over real HTTP and real files.

    with running_qbittorrent(downloads) as qbittorrent:
        qbittorrent.add_torrent("Dune Walk", ["Dune Walk/one.mp4", NewFile("Dune Walk/two.mp4", 5_000)])
        qbittorrent.url, qbittorrent.username, qbittorrent.password, qbittorrent.server.control

As a process: `python -m scenes.simulators.qbittorrent --port 0 --downloads DIR`.
Everything that has no source named was measured on qbittorrent-nox 4.5.2.
"""

from scenes.simulators.qbittorrent.simulator import Qbittorrent, running_qbittorrent
from scenes.simulators.qbittorrent.torrents import NewFile, SimulatedTorrent

__all__ = ["NewFile", "Qbittorrent", "SimulatedTorrent", "running_qbittorrent"]
