"""What only the simulator can be brought to: any state, slow moves, another version, outages, a long time."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import qbittorrentapi
import requests
from qbittorrentapi import Client

from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from tests.acceptance.seeding import wait_until

HOUR = 3600.0  # seconds
UNFINISHED = ["moving", "missingFiles", "error", "stalledDL", "checkingDL", "pausedDL", "unknown"]


@pytest.fixture
def qbt(tmp_path: Path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path / "downloads") as qbittorrent:
        yield qbittorrent


@pytest.fixture
def qbt5(tmp_path: Path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path / "downloads", version=5, api_key="qbt_key") as qbittorrent:
        yield qbittorrent


def client(qbt: Qbittorrent, password: str = "adminadmin", timeout: float = 10) -> Client:
    return Client(
        host=qbt.url,
        username="admin",
        password=password,
        REQUESTS_ARGS={"timeout": timeout},
        FORCE_SCHEME_FROM_HOST=True,  # else it tries https after a timeout, and reports that instead
    )


# Any state


def test_a_torrent_can_be_put_there_finished(qbt: Qbittorrent) -> None:
    qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 5000), ("Walk/two.mp4", 700, 0, 0.5)], category="films")
    [torrent] = client(qbt).torrents_info(status_filter="completed")
    assert (torrent.name, torrent.state, torrent.category) == ("Walk", "stalledUP", "films")
    assert [(file.size, file.priority, file.progress) for file in torrent.files] == [(5000, 1, 1), (700, 0, 0.5)]
    assert (qbt.downloads / "Walk/one.mp4").stat().st_size == 5000
    assert (qbt.downloads / "Walk/two.mp4").stat().st_size == 350


def test_a_file_can_be_given_by_its_path(qbt: Qbittorrent, tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    source.write_bytes(b"a film")
    qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", source)])
    assert (qbt.downloads / "Walk/one.mp4").read_bytes() == b"a film"


@pytest.mark.parametrize("state", ["uploading", "pausedUP", "stoppedUP", "queuedUP", "forcedUP", "checkingUP"])
def test_the_filter_completed_includes_every_finished_state_and_checking(qbt: Qbittorrent, state: str) -> None:
    qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)], state=state)
    assert [torrent.state for torrent in client(qbt).torrents_info(status_filter="completed")] == [state]


@pytest.mark.parametrize("state", UNFINISHED)
def test_the_filter_completed_excludes_moving_missing_and_errors(qbt: Qbittorrent, state: str) -> None:
    qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)], state=state)
    assert list(client(qbt).torrents_info(status_filter="completed")) == []
    assert [torrent.state for torrent in client(qbt).torrents_info()] == [state]


def test_a_test_can_change_state_files_tags_and_category(qbt: Qbittorrent) -> None:
    info_hash = qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)]).hash
    changes = {"Walk/one.mp4": {"priority": 0, "progress": 0.25}}
    qbt.change_torrent(info_hash, state="moving", files=changes, tags=["a"], category="b")
    [torrent] = client(qbt).torrents_info()
    assert (torrent.state, torrent.tags, torrent.category) == ("moving", "a", "b")
    assert (torrent.files[0].priority, torrent.files[0].progress) == (0, 0.25)


# Moving


def test_while_moving_the_save_path_names_the_new_place_before_the_files_are_there(qbt: Qbittorrent) -> None:
    qbt.move_seconds = 600
    info_hash = qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)]).hash
    new = qbt.downloads / "new"
    client(qbt).torrents_set_location(location=str(new), torrent_hashes=info_hash)
    [torrent] = client(qbt).torrents_info()
    assert (torrent.state, torrent.save_path) == ("moving", str(new))
    assert not (new / "Walk/one.mp4").exists()


def test_while_moving_the_content_path_comes_to_name_the_new_place(qbt: Qbittorrent) -> None:
    qbt.move_seconds = 0.2
    info_hash = qbt.add_torrent("Walk", [NewFile("Walk/a", 10), NewFile("Walk/b", 10)]).hash
    new = qbt.downloads / "new"
    asking = client(qbt)
    asking.torrents_set_location(location=str(new), torrent_hashes=info_hash)
    seen = []

    def settled() -> bool:
        [torrent] = asking.torrents_info()
        seen.append((torrent.state, torrent.content_path))
        return torrent.state == "stalledUP"

    wait_until(settled, "the move to end")
    paths = list(dict.fromkeys(path for state, path in seen if state == "moving"))
    assert paths == [str(qbt.downloads / "Walk"), str(new / "Walk")]
    assert (new / "Walk/a").is_file()


def test_checking_takes_its_time(qbt: Qbittorrent) -> None:
    qbt.check_seconds = 600
    info_hash = qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)]).hash
    client(qbt).torrents_recheck(torrent_hashes=info_hash)
    [torrent] = client(qbt).torrents_info()
    assert (torrent.state, torrent.progress) == ("checkingUP", 0)


# The ban over time


def fail(qbt: Qbittorrent, times: int) -> None:
    for _ in range(times):
        with pytest.raises(qbittorrentapi.LoginFailed):
            client(qbt, password="wrong").auth_log_in()


def test_the_counter_of_failures_never_runs_down_by_itself(qbt: Qbittorrent) -> None:
    fail(qbt, 4)
    qbt.pass_time(1000 * HOUR)
    fail(qbt, 1)
    with pytest.raises(qbittorrentapi.Forbidden403Error):
        client(qbt).auth_log_in()


def test_a_ban_ends_after_an_hour_and_not_before(qbt: Qbittorrent) -> None:
    fail(qbt, 5)
    qbt.pass_time(HOUR - 60)
    with pytest.raises(qbittorrentapi.Forbidden403Error):
        client(qbt).auth_log_in()
    qbt.pass_time(120)
    client(qbt).auth_log_in()


# Version 5


def test_5_says_stopped_where_4_says_paused(qbt5: Qbittorrent) -> None:
    info_hash = qbt5.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)]).hash
    asking = client(qbt5)
    asking.torrents_pause(torrent_hashes=info_hash)  # the package's name for both
    assert [torrent.state for torrent in asking.torrents_info()] == ["stoppedUP"]
    asking.torrents_start(torrent_hashes=info_hash)
    assert [torrent.state for torrent in asking.torrents_info()] == ["stalledUP"]
    assert qbt5.server.control.asked("torrents/stop")
    assert not qbt5.server.control.asked("torrents/pause")


def test_5_answers_204_where_4_answers_200_with_nothing(qbt5: Qbittorrent) -> None:
    with requests.Session() as session:
        form = {"username": "admin", "password": "adminadmin"}
        login = session.post(f"{qbt5.url}/api/v2/auth/login", data=form, timeout=10)
        assert (login.status_code, login.text) == (204, "")
        answer = session.post(f"{qbt5.url}/api/v2/torrents/createTags", data={"tags": "x"}, timeout=10)
        assert (answer.status_code, answer.text) == (204, "")
        assert list(session.cookies.keys()) == [f"QBT_SID_{qbt5.server.port}"]


def test_5_answers_a_wrong_password_with_401_that_the_package_calls_a_failed_login(qbt5: Qbittorrent) -> None:
    form = {"username": "admin", "password": "wrong"}
    assert requests.post(f"{qbt5.url}/api/v2/auth/login", data=form, timeout=10).status_code == 401
    with pytest.raises((qbittorrentapi.LoginFailed, qbittorrentapi.Unauthorized401Error)) as caught:
        client(qbt5, password="wrong").auth_log_in()
    assert str(caught.value) == ""


def test_5_takes_an_api_key_instead_of_a_login(qbt5: Qbittorrent) -> None:
    with Client(host=qbt5.url, api_key="qbt_key") as asking:
        assert asking.app_version() == "v5.2.0"
    with pytest.raises(qbittorrentapi.LoginFailed):
        Client(host=qbt5.url, api_key="other").auth_log_in()


def test_5_says_in_json_what_was_added_and_409_if_nothing_was(qbt5: Qbittorrent) -> None:
    torrent = b"d4:infod6:lengthi3e4:name5:a.mp412:piece lengthi16384e6:pieces20:" + b"x" * 20 + b"ee"
    answer = client(qbt5).torrents_add(torrent_files=torrent)
    assert isinstance(answer, dict)
    assert (answer["success_count"], len(answer["added_torrent_ids"])) == (1, 1)
    with pytest.raises(qbittorrentapi.Conflict409Error):
        client(qbt5).torrents_add(torrent_files=torrent)


# Outages, as the package reports them


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


# A process of its own


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with start(tmp_path) as process:
        yield process
        process.terminate()


def start(folder: Path) -> subprocess.Popen[str]:
    options = ["--downloads", str(folder / "downloads"), "--state", str(folder / "state.json")]
    command = [sys.executable, "-m", "scenes.simulators.qbittorrent", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("qBittorrent simulator on http://127.0.0.1:")
    return line.split()[-1]


def test_a_process_can_be_told_what_to_do_over_http(process: subprocess.Popen[str], tmp_path: Path) -> None:
    url = url_of(process)
    wanted = {"name": "Walk", "files": [{"name": "Walk/one.mp4", "source": 10}], "tags": ["a"]}
    info_hash = requests.post(f"{url}/_simulator/torrents", json=wanted, timeout=10).json()["hash"]
    change = {"state": "moving"}
    assert requests.patch(f"{url}/_simulator/torrents/{info_hash}", json=change, timeout=10).ok
    assert requests.patch(f"{url}/_simulator/torrents/none", json=change, timeout=10).status_code == 404
    with Client(host=url, username="admin", password="adminadmin") as asking:
        assert [(torrent.hash, torrent.state) for torrent in asking.torrents_info()] == [(info_hash, "moving")]
    assert (tmp_path / "downloads/Walk/one.mp4").is_file()


def test_a_process_ends_cleanly_on_sigterm_and_remembers_its_torrents(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        url = url_of(process)
        wanted = {"name": "Walk", "files": [{"name": "Walk/one.mp4", "source": 10}], "category": "films"}
        requests.post(f"{url}/_simulator/torrents", json=wanted, timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert list(json.loads((tmp_path / "state.json").read_text())["categories"]) == ["films"]
    with start(tmp_path) as process:
        with Client(host=url_of(process), username="admin", password="adminadmin") as asking:
            [torrent] = asking.torrents_info()
            assert (torrent.name, torrent.category, torrent.files[0].progress) == ("Walk", "films", 1)
        process.terminate()
