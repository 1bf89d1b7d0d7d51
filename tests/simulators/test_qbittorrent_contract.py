"""What a real qBittorrent does, asked of a real one and of the simulator alike: that makes the simulator true."""

import shutil
from collections.abc import Callable, Iterator

import pytest
import qbittorrentapi
import requests
from qbittorrentapi import Client

from scenes.simulators.qbittorrent import Qbittorrent, running_qbittorrent
from tests.acceptance.real_qbittorrent import MISSING, RealQbittorrent, installed, real_qbittorrent
from tests.acceptance.seeding import Seeder, wait_until
from tests.acceptance.torrent_files import torrent_of

UNKNOWN = "0" * 40
BANNED = "Your IP address has been banned after too many failed authentication attempts."


class SimulatedQbittorrent(Seeder):
    """The simulator, with the same handles as the real one."""

    def __init__(self, simulator: Qbittorrent) -> None:
        self.simulator, self.downloads, self.url = simulator, simulator.downloads, simulator.url
        self.client = self.new_client()

    def new_client(self, password: str = "adminadmin") -> Client:
        return Client(host=self.url, username="admin", password=password, REQUESTS_ARGS={"timeout": 10})

    def restart(self) -> None:
        self.simulator.restart()


Subject = RealQbittorrent | SimulatedQbittorrent


@pytest.fixture(scope="module", params=["simulated", "real"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
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
def qbt(shared: Subject) -> Iterator[Subject]:
    """One qBittorrent for the module, emptied after each test."""
    yield shared
    shared.client.torrents_delete(delete_files=True, torrent_hashes="all")
    wait_until(lambda: not shared.client.torrents_info(), "all torrents to be gone")
    shutil.rmtree(shared.downloads)
    shared.downloads.mkdir()


def write(qbt: Subject, *names: str, folder: str = "") -> list[str]:
    for name in names:
        path = qbt.downloads / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{folder}{name}\n".encode() * 3000)
    return list(names)


def names(torrents: qbittorrentapi.TorrentInfoList) -> set[str]:
    return {torrent.name for torrent in torrents}


# Finished torrents


def test_a_finished_torrent_is_stalled_up_with_a_completion_time(qbt: Subject) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/sub/two.mp4"))
    assert (torrent.state, torrent.progress, torrent.amount_left) == ("stalledUP", 1, 0)
    assert torrent.completion_on >= torrent.added_on > 1_700_000_000


def test_the_status_filter_completed_has_finished_torrents(qbt: Subject) -> None:
    qbt.seed("Walk", write(qbt, "Walk/one.mp4"))
    assert names(qbt.client.torrents_info(status_filter="completed")) == {"Walk"}
    assert names(qbt.client.torrents_info(status_filter="downloading")) == set()


def test_a_paused_finished_torrent_is_paused_up_and_completed(qbt: Subject) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    qbt.client.torrents_pause(torrent_hashes=info_hash)
    qbt.wait_for_state(info_hash, "pausedUP")
    assert names(qbt.client.torrents_info(status_filter="completed")) == {"one.mp4"}
    qbt.client.torrents_resume(torrent_hashes=info_hash)
    qbt.wait_for_state(info_hash, "stalledUP")


def test_every_field_of_the_simulator_is_one_of_the_real_one(qbt: Subject) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4"), category="films", tags=["x"])
    fields = {
        "added_on", "amount_left", "auto_tmm", "availability", "category", "completed", "completion_on",
        "content_path", "dl_limit", "dlspeed", "download_path", "downloaded", "downloaded_session", "eta",
        "f_l_piece_prio", "force_start", "hash", "infohash_v1", "infohash_v2", "last_activity", "magnet_uri",
        "max_ratio", "max_seeding_time", "name", "num_complete", "num_incomplete", "num_leechs", "num_seeds",
        "priority", "progress", "ratio", "ratio_limit", "save_path", "seeding_time", "seeding_time_limit",
        "seen_complete", "seq_dl", "size", "state", "super_seeding", "tags", "time_active", "total_size",
        "tracker", "trackers_count", "up_limit", "uploaded", "uploaded_session", "upspeed",
    }  # fmt: skip
    assert set(torrent) == fields
    assert {field for file in torrent.files for field in file} == {
        "availability", "id", "index", "is_seed", "name", "piece_range", "priority", "progress", "size",
    }  # fmt: skip


def test_the_properties_name_the_save_path(qbt: Subject) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    properties = qbt.client.torrents_properties(torrent_hash=info_hash)
    assert (properties.save_path, properties.name) == (str(qbt.downloads), "one.mp4")


# Files and paths


def test_the_file_list_has_names_relative_to_the_save_path(qbt: Subject) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/sub/two.mp4"))
    assert [file.name for file in torrent.files] == ["Walk/one.mp4", "Walk/sub/two.mp4"]
    assert torrent.files[0].size == (qbt.downloads / "Walk/one.mp4").stat().st_size
    assert torrent.content_path == str(qbt.downloads / "Walk")


def test_the_content_path_of_one_file_is_the_file(qbt: Subject) -> None:
    torrent = qbt.seed("one.mp4", write(qbt, "one.mp4"))
    assert torrent.content_path == str(qbt.downloads / "one.mp4")
    assert [file.name for file in torrent.files] == ["one.mp4"]


def test_the_content_path_of_one_file_in_a_folder_is_the_file_too(qbt: Subject) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4"))
    assert torrent.content_path == str(qbt.downloads / "Walk/one.mp4")


def test_without_a_root_folder_the_content_path_is_the_save_path_with_everything_else_in_it(
    qbt: Subject,
) -> None:
    write(qbt, "somebody else's.mp4")
    torrent = qbt.seed("No Root", write(qbt, "one.mp4", "two.mp4"))
    assert torrent.content_path == torrent.save_path == str(qbt.downloads)
    assert [file.name for file in torrent.files] == ["one.mp4", "two.mp4"]


def test_two_torrents_can_have_the_same_name(qbt: Subject) -> None:
    first = qbt.seed("Walk", write(qbt, "Walk/one.mp4"))
    write(qbt, "Walk/one.mp4", folder="other")
    second = qbt.seed("Walk", ["Walk/one.mp4"], qbt.downloads / "other")
    assert first.name == second.name == "Walk"
    assert first.hash != second.hash
    assert first.content_path != second.content_path


def test_names_may_have_spaces_umlauts_quotes_and_emoji(qbt: Subject) -> None:
    name = "Über \"den\" 'Wolken' 🎬 & co"
    torrent = qbt.seed(name, write(qbt, f"{name}/Täg 1.mp4", f"{name}/b 🎉.mp4"))
    assert torrent.name == name
    assert [file.name for file in torrent.files] == [f"{name}/Täg 1.mp4", f"{name}/b 🎉.mp4"]
    assert torrent.content_path == str(qbt.downloads / name)


# Deselected files


def test_a_torrent_is_finished_with_files_deselected(qbt: Subject) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4"), missing=["Walk/two.mp4"])
    assert [(file.priority, file.progress) for file in torrent.files] == [(1, 1), (0, 0)]
    assert (torrent.state, torrent.progress) == ("stalledUP", 1)
    assert torrent.size == torrent.files[0].size


def test_a_deselected_file_that_was_on_disk_keeps_progress_1(qbt: Subject) -> None:
    torrent = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4"), deselect=["Walk/two.mp4"])
    assert [(file.priority, file.progress) for file in torrent.files] == [(1, 1), (0, 1)]


def test_a_torrent_without_its_files_is_stalled_and_not_completed(qbt: Subject) -> None:
    metadata = torrent_of("one.mp4", write(qbt, "one.mp4"), qbt.downloads)
    (qbt.downloads / "one.mp4").unlink()
    qbt.add(metadata, qbt.downloads)
    qbt.client.torrents_resume(torrent_hashes=metadata.hash)
    qbt.wait_for_state(metadata.hash, "stalledDL")
    assert names(qbt.client.torrents_info(status_filter="completed")) == set()


def test_a_torrent_that_is_added_paused_is_not_checked_before_it_is_started(qbt: Subject) -> None:
    metadata = torrent_of("one.mp4", write(qbt, "one.mp4"), qbt.downloads)
    qbt.add(metadata, qbt.downloads)
    qbt.wait_for_state(metadata.hash, "pausedDL")
    assert qbt.torrent(metadata.hash).progress == 0
    qbt.client.torrents_resume(torrent_hashes=metadata.hash)
    qbt.wait_for_state(metadata.hash, "stalledUP")


# Gone and moved


def test_files_gone_and_rechecked_are_stalled_downloads_without_progress(qbt: Subject) -> None:
    torrent = qbt.seed("one.mp4", write(qbt, "one.mp4"))
    (qbt.downloads / "one.mp4").unlink()
    assert qbt.torrent(torrent.hash).state == "stalledUP"  # it does not notice by itself
    qbt.client.torrents_recheck(torrent_hashes=torrent.hash)
    qbt.wait_for_state(torrent.hash, "stalledDL")
    assert qbt.torrent(torrent.hash).progress == 0
    assert names(qbt.client.torrents_info(status_filter="completed")) == set()


def test_files_gone_are_missing_files_after_a_restart(qbt: Subject) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    (qbt.downloads / "one.mp4").unlink()
    qbt.restart()
    qbt.wait_for_state(info_hash, "missingFiles")
    assert names(qbt.client.torrents_info(status_filter="completed")) == set()
    assert names(qbt.client.torrents_info(status_filter="errored")) == {"one.mp4"}


def test_after_a_move_both_paths_name_the_new_place(qbt: Subject) -> None:
    info_hash = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/two.mp4")).hash
    new = qbt.downloads / "new"
    qbt.client.torrents_set_location(location=str(new), torrent_hashes=info_hash)
    assert qbt.torrent(info_hash).save_path == str(new)  # from the first moment on
    qbt.wait_for_state(info_hash, "stalledUP")
    assert qbt.torrent(info_hash).content_path == str(new / "Walk")
    assert (new / "Walk/one.mp4").is_file()
    assert not (qbt.downloads / "Walk").exists()


def test_deleting_a_torrent_leaves_its_files(qbt: Subject) -> None:
    info_hash = qbt.seed("Walk", write(qbt, "Walk/one.mp4")).hash
    qbt.client.torrents_delete(delete_files=False, torrent_hashes=info_hash)
    wait_until(lambda: not qbt.client.torrents_info(), "the torrent to be gone")
    assert (qbt.downloads / "Walk/one.mp4").is_file()


def test_deleting_a_torrent_with_its_files_leaves_only_what_is_not_its_own(qbt: Subject) -> None:
    info_hash = qbt.seed("Walk", write(qbt, "Walk/one.mp4", "Walk/sub/two.mp4")).hash
    write(qbt, "Walk/notes.txt")
    qbt.client.torrents_delete(delete_files=True, torrent_hashes=info_hash)
    wait_until(lambda: not (qbt.downloads / "Walk/sub").exists(), "its files to be gone")
    assert [path.name for path in (qbt.downloads / "Walk").iterdir()] == ["notes.txt"]


# Categories and tags


def test_an_unknown_category_is_an_empty_list(qbt: Subject) -> None:
    qbt.seed("one.mp4", write(qbt, "one.mp4"), category="films")
    assert names(qbt.client.torrents_info(category="films")) == {"one.mp4"}
    assert names(qbt.client.torrents_info(category="no such")) == set()


def test_an_empty_tag_or_category_means_those_without(qbt: Subject) -> None:
    qbt.seed("one.mp4", write(qbt, "one.mp4"), category="films", tags=["x", "y"])
    qbt.seed("two.mp4", write(qbt, "two.mp4"))
    assert names(qbt.client.torrents_info(tag="")) == {"two.mp4"}
    assert names(qbt.client.torrents_info(tag="x")) == {"one.mp4"}
    assert names(qbt.client.torrents_info(tag="z")) == set()
    assert names(qbt.client.torrents_info(category="")) == {"two.mp4"}


def test_tags_are_added_and_listed_with_a_comma_and_a_space(qbt: Subject) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    qbt.client.torrents_add_tags(tags=["done", "two words"], torrent_hashes=info_hash)
    qbt.client.torrents_add_tags(tags=["done"], torrent_hashes=info_hash)
    assert set(qbt.torrent(info_hash).tags.split(", ")) == {"done", "two words"}
    assert {"done", "two words"} <= set(qbt.client.torrents_tags())
    qbt.client.torrents_remove_tags(tags=["done"], torrent_hashes=info_hash)
    assert qbt.torrent(info_hash).tags == "two words"


def test_a_tag_can_be_made_before_it_is_used_and_twice(qbt: Subject) -> None:
    qbt.client.torrents_create_tags(tags=["made"])
    qbt.client.torrents_create_tags(tags=["made"])
    assert [str(tag) for tag in qbt.client.torrents_tags()].count("made") == 1


def test_a_category_can_be_made_once(qbt: Subject) -> None:
    qbt.client.torrents_create_category(name="shorts", save_path="/somewhere")
    assert qbt.client.torrents_categories()["shorts"] == {"name": "shorts", "savePath": "/somewhere"}
    with pytest.raises(qbittorrentapi.Conflict409Error, match="Unable to create category"):
        qbt.client.torrents_create_category(name="shorts")


def test_only_a_known_category_can_be_set(qbt: Subject) -> None:
    info_hash = qbt.seed("one.mp4", write(qbt, "one.mp4"), category="films").hash
    with pytest.raises(qbittorrentapi.Conflict409Error, match="Incorrect category name"):
        qbt.client.torrents_set_category(category="no such", torrent_hashes=info_hash)


# What is not there


def test_an_unknown_hash_is_an_empty_list_of_torrents_and_no_file_list(qbt: Subject) -> None:
    assert list(qbt.client.torrents_info(torrent_hashes=UNKNOWN)) == []
    with pytest.raises(qbittorrentapi.NotFound404Error):
        qbt.client.torrents_files(torrent_hash=UNKNOWN)
    with pytest.raises(qbittorrentapi.NotFound404Error):
        qbt.client.torrents_properties(torrent_hash=UNKNOWN)


@pytest.mark.parametrize(
    "act",
    [
        lambda client: client.torrents_add_tags(tags="x", torrent_hashes=UNKNOWN),
        lambda client: client.torrents_delete(delete_files=True, torrent_hashes=UNKNOWN),
        lambda client: client.torrents_recheck(torrent_hashes=UNKNOWN),
    ],
    ids=["add_tags", "delete", "recheck"],
)
def test_acting_on_an_unknown_hash_is_passed_over_in_silence(qbt: Subject, act: Callable[[Client], None]) -> None:
    act(qbt.client)


def test_the_same_torrent_twice_fails(qbt: Subject) -> None:
    qbt.seed("one.mp4", write(qbt, "one.mp4"))
    with pytest.raises(RuntimeError, match=r"Fails\."):
        qbt.seed("one.mp4", ["one.mp4"])


def test_what_is_no_torrent_file_is_refused(qbt: Subject) -> None:
    with pytest.raises(qbittorrentapi.UnsupportedMediaType415Error, match="is not a valid torrent file"):
        qbt.client.torrents_add(torrent_files=b"no torrent")


def test_hashes_choose_the_torrents_in_any_case(qbt: Subject) -> None:
    first = qbt.seed("one.mp4", write(qbt, "one.mp4")).hash
    second = qbt.seed("two.mp4", write(qbt, "two.mp4")).hash
    assert names(qbt.client.torrents_info(torrent_hashes=first.upper())) == {"one.mp4"}
    assert names(qbt.client.torrents_info(torrent_hashes=[first, second])) == {"one.mp4", "two.mp4"}


def test_lists_can_be_sorted_and_paged(qbt: Subject) -> None:
    for name in ("b.mp4", "a.mp4", "c.mp4"):
        qbt.seed(name, write(qbt, name))
    page = qbt.client.torrents_info(sort="name", reverse=True, limit=2, offset=1)
    assert [torrent.name for torrent in page] == ["b.mp4", "a.mp4"]


# The API itself, as it answers without the package


@pytest.fixture
def session(qbt: Subject) -> Iterator[requests.Session]:
    with requests.Session() as session:
        log_in(qbt, session)
        yield session


def log_in(qbt: Subject, session: requests.Session, password: str = "adminadmin") -> requests.Response:
    form = {"username": "admin", "password": password}
    return session.post(f"{qbt.url}/api/v2/auth/login", data=form, timeout=10)


@pytest.mark.parametrize(
    ("method", "action", "status", "text"),
    [
        ("GET", "app/version", 200, None),
        ("POST", "app/webapiVersion", 200, None),
        ("POST", "app/no_such", 404, "Not Found"),
        ("GET", "torrents/addTags", 405, "Method Not Allowed"),
        ("GET", "torrents/delete", 405, "Method Not Allowed"),
        ("GET", "torrents/add", 405, "Method Not Allowed"),
        ("POST", "torrents/files", 400, "Bad Request"),
        ("POST", "torrents/addTags", 400, "Bad Request"),
        ("POST", "torrents/delete", 400, "Bad Request"),
        ("POST", "torrents/stop", 404, "Not Found"),
        ("POST", "torrents/createTags", 400, "Bad Request"),
    ],
)
def test_the_api_answers(
    qbt: Subject, session: requests.Session, method: str, action: str, status: int, text: str | None
) -> None:
    answer = session.request(method, f"{qbt.url}/api/v2/{action}", timeout=10)
    assert (answer.status_code, text or answer.text) == (status, answer.text)


def test_the_preferences_name_the_save_path_and_the_ban(qbt: Subject) -> None:
    preferences = qbt.client.app_preferences()
    assert preferences.save_path == str(qbt.downloads)
    assert preferences.web_ui_max_auth_fail_count == 5
    assert preferences.web_ui_ban_duration == 3600


def test_a_request_from_another_sites_page_is_401(qbt: Subject, session: requests.Session) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    answer = session.get(f"{qbt.url}/api/v2/app/version", headers=headers, timeout=10)
    assert (answer.status_code, answer.text) == (401, "Unauthorized")


# Login


def test_without_a_login_everything_is_forbidden(qbt: Subject) -> None:
    answer = requests.get(f"{qbt.url}/api/v2/app/version", timeout=10)
    assert (answer.status_code, answer.text) == (403, "Forbidden")
    assert requests.get(f"{qbt.url}/api/v2/app/no_such", timeout=10).status_code == 403


def test_a_good_login_says_ok_and_gives_a_cookie(qbt: Subject) -> None:
    with requests.Session() as session:
        answer = log_in(qbt, session)
        assert (answer.status_code, answer.text, list(session.cookies.keys())) == (200, "Ok.", ["SID"])


def test_a_session_that_logs_in_again_is_told_ok_whatever_the_password(qbt: Subject, session: requests.Session) -> None:
    assert log_in(qbt, session, password="wrong").text == "Ok."


def test_after_a_logout_the_session_is_forbidden(qbt: Subject, session: requests.Session) -> None:
    assert session.post(f"{qbt.url}/api/v2/auth/logout", timeout=10).status_code == 200
    assert session.get(f"{qbt.url}/api/v2/app/version", timeout=10).status_code == 403


def test_a_wrong_password_is_a_failed_login_with_an_empty_message(qbt: Subject) -> None:
    with pytest.raises(qbittorrentapi.LoginFailed) as caught:
        qbt.new_client(password="wrong").auth_log_in()
    assert str(caught.value) == ""
    with requests.Session() as session:
        answer = log_in(qbt, session, password="wrong")
        assert (answer.status_code, answer.text) == (200, "Fails.")
    qbt.new_client().auth_log_in()  # forgets the failures


def test_a_good_login_forgets_the_failures_before_it(qbt: Subject) -> None:
    for password in ["wrong"] * 4 + ["adminadmin"] + ["wrong"] * 4 + ["adminadmin"]:
        with requests.Session() as session:
            assert log_in(qbt, session, password).status_code == 200


def test_five_failures_ban_the_address_for_the_right_password_too(qbt: Subject) -> None:
    qbt.restart()
    qbt.client.auth_log_in()
    for _ in range(5):
        with pytest.raises(qbittorrentapi.LoginFailed):
            qbt.new_client(password="wrong").auth_log_in()
    with pytest.raises(qbittorrentapi.Forbidden403Error, match=BANNED):
        qbt.new_client(password="wrong").auth_log_in()
    with pytest.raises(qbittorrentapi.Forbidden403Error, match=BANNED):
        qbt.new_client().auth_log_in()
    assert qbt.client.app_version().startswith("v4.")  # a session from before goes on working
    qbt.restart()
    qbt.new_client().auth_log_in()
