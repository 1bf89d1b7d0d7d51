"""What only the simulator can be brought to: any state, slow moves, a long time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import qbittorrentapi

from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from tests.acceptance.seeding import wait_until
from tests.simulators.qbittorrent_client import client

HOUR = 3600.0  # seconds
UNFINISHED = ["moving", "missingFiles", "error", "stalledDL", "checkingDL", "pausedDL", "unknown"]


@pytest.fixture
def qbt(tmp_path: Path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path / "downloads") as qbittorrent:
        yield qbittorrent


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

    def has_moved() -> bool:
        [torrent] = asking.torrents_info()
        seen.append((torrent.state, torrent.content_path))
        return torrent.state == "stalledUP"

    wait_until(has_moved, "the move to end")
    paths = list(dict.fromkeys(path for state, path in seen if state == "moving"))
    assert paths == [str(qbt.downloads / "Walk"), str(new / "Walk")]
    assert (new / "Walk/a").is_file()


def test_checking_takes_its_time(qbt: Qbittorrent) -> None:
    qbt.check_seconds = 600
    info_hash = qbt.add_torrent("Walk", [NewFile("Walk/one.mp4", 10)]).hash
    client(qbt).torrents_recheck(torrent_hashes=info_hash)
    [torrent] = client(qbt).torrents_info()
    assert (torrent.state, torrent.progress) == ("checkingUP", 0)


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


def test_a_ban_ends_after_an_hour(qbt: Qbittorrent) -> None:
    fail(qbt, 5)
    qbt.pass_time(HOUR + 60)
    client(qbt).auth_log_in()


def test_a_login_before_that_begins_the_hour_again(qbt: Qbittorrent) -> None:
    fail(qbt, 5)
    for seconds in (HOUR - 60, 120):
        qbt.pass_time(seconds)
        with pytest.raises(qbittorrentapi.Forbidden403Error):
            client(qbt).auth_log_in()
    qbt.pass_time(HOUR + 60)
    client(qbt).auth_log_in()
