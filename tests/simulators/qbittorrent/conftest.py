"""Each test of this folder is asked of a simulated and of a real qBittorrent: that makes the simulator true."""

from collections.abc import Iterator

import pytest
import requests

from scenes.simulators.qbittorrent import running_qbittorrent
from tests.acceptance.real_qbittorrent import MISSING, installed, real_qbittorrent
from tests.acceptance.seeding import wait_until
from tests.simulators.qbittorrent.servers import AnyQbittorrent, SimulatedQbittorrent, log_in


@pytest.fixture(scope="package", params=["simulated", pytest.param("real", marks=pytest.mark.acceptance)])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyQbittorrent]:
    folder = tmp_path_factory.mktemp("qbittorrent")
    if request.param == "simulated":
        with running_qbittorrent(folder / "downloads") as simulator:
            yield SimulatedQbittorrent(simulator)
    elif not installed():
        pytest.skip(MISSING)
    else:
        with real_qbittorrent(folder) as real:
            yield real


@pytest.fixture
def qbt(
    shared: AnyQbittorrent, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[AnyQbittorrent]:
    """One qBittorrent for all, with a folder for each test: a real one may delete the last one's files late."""
    monkeypatch.setattr(shared, "downloads", shared.downloads / request.node.originalname)
    shared.downloads.mkdir(exist_ok=True)
    yield shared
    shared.client.torrents_delete(delete_files=True, torrent_hashes="all")
    wait_until(lambda: not shared.client.torrents_info(), "all torrents to be gone")


@pytest.fixture
def session(qbt: AnyQbittorrent) -> Iterator[requests.Session]:
    with requests.Session() as session:
        log_in(qbt, session)
        yield session
