"""What qBittorrent 5.2 does otherwise, as read in its source; a real one was not at hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import qbittorrentapi
import requests
from qbittorrentapi import Client

from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from tests.simulators.qbittorrent_client import client


@pytest.fixture
def qbt(tmp_path: Path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path / "downloads", version=5, api_key="qbt_key") as qbittorrent:
        yield qbittorrent


def test_5_says_stopped_where_4_says_paused(qbt: Qbittorrent) -> None:
    info_hash = qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)]).hash
    asking = client(qbt)
    asking.torrents_pause(torrent_hashes=info_hash)  # the package's name for both
    assert [torrent.state for torrent in asking.torrents_info()] == ["stoppedUP"]
    asking.torrents_start(torrent_hashes=info_hash)
    assert [torrent.state for torrent in asking.torrents_info()] == ["stalledUP"]
    assert qbt.server.control.asked("torrents/stop")
    assert not qbt.server.control.asked("torrents/pause")


def test_5_answers_204_where_4_answers_200_with_nothing(qbt: Qbittorrent) -> None:
    with requests.Session() as session:
        form = {"username": "admin", "password": "adminadmin"}
        login = session.post(f"{qbt.url}/api/v2/auth/login", data=form, timeout=10)
        assert (login.status_code, login.text) == (204, "")
        answer = session.post(f"{qbt.url}/api/v2/torrents/createTags", data={"tags": "x"}, timeout=10)
        assert (answer.status_code, answer.text) == (204, "")
        assert list(session.cookies.keys()) == [f"QBT_SID_{qbt.server.port}"]


def test_5_answers_a_wrong_password_with_401_that_the_package_calls_a_failed_login(qbt: Qbittorrent) -> None:
    form = {"username": "admin", "password": "wrong"}
    assert requests.post(f"{qbt.url}/api/v2/auth/login", data=form, timeout=10).status_code == 401
    with pytest.raises((qbittorrentapi.LoginFailed, qbittorrentapi.Unauthorized401Error)) as caught:
        client(qbt, password="wrong").auth_log_in()
    assert str(caught.value) == ""


def test_5_takes_an_api_key_instead_of_a_login(qbt: Qbittorrent) -> None:
    with Client(host=qbt.url, api_key="qbt_key") as asking:
        assert asking.app_version() == "v5.2.0"
    with pytest.raises(qbittorrentapi.LoginFailed):
        Client(host=qbt.url, api_key="other").auth_log_in()


def test_5_says_in_json_what_was_added_and_409_if_nothing_was(qbt: Qbittorrent) -> None:
    torrent = b"d4:infod6:lengthi3e4:name5:a.mp412:piece lengthi16384e6:pieces20:" + b"x" * 20 + b"ee"
    answer = client(qbt).torrents_add(torrent_files=torrent)
    assert isinstance(answer, dict)
    assert (answer["success_count"], len(answer["added_torrent_ids"])) == (1, 1)
    with pytest.raises(qbittorrentapi.Conflict409Error):
        client(qbt).torrents_add(torrent_files=torrent)
