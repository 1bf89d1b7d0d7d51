"""Outages of qBittorrent, as the package reports them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import qbittorrentapi
import requests

from scenes.simulators.qbittorrent import Qbittorrent, running_qbittorrent
from tests.simulators.qbittorrent_client import client


@pytest.fixture
def qbt(tmp_path: Path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path / "downloads") as qbittorrent:
        yield qbittorrent


def test_away_is_a_connection_error(qbt: Qbittorrent) -> None:
    qbt.server.go_away()
    with pytest.raises(qbittorrentapi.APIConnectionError, match="refused") as caught:
        client(qbt).auth_log_in()
    assert isinstance(caught.value, requests.RequestException)


def test_a_hanging_server_is_a_connection_error_after_the_timeout(qbt: Qbittorrent) -> None:
    qbt.server.control.arm("hang")
    with pytest.raises(qbittorrentapi.APIConnectionError, match="Timeout"):
        client(qbt, timeout=0.1).auth_log_in()


def test_a_reset_connection_is_a_connection_error(qbt: Qbittorrent) -> None:
    qbt.server.control.arm("reset", path="torrents/info")
    with pytest.raises(qbittorrentapi.APIConnectionError):
        client(qbt).torrents_info()


def test_an_internal_error_is_a_500(qbt: Qbittorrent) -> None:
    qbt.server.control.arm("http", path="torrents/info", status=500)
    with pytest.raises(qbittorrentapi.InternalServerError500Error):
        client(qbt).torrents_info()


def test_a_403_after_a_good_login_is_forbidden_and_bans_nobody(qbt: Qbittorrent) -> None:
    qbt.server.control.arm("http", path="torrents/info", status=403, text="Forbidden")
    with pytest.raises(qbittorrentapi.Forbidden403Error):
        client(qbt).torrents_info()
    client(qbt).auth_log_in()


def test_a_session_that_was_forgotten_is_made_again_by_the_package(qbt: Qbittorrent) -> None:
    asking = client(qbt)
    asking.auth_log_in()
    qbt.restart()
    assert list(asking.torrents_info()) == []
