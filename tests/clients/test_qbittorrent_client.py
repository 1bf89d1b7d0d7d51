"""What the client of qBittorrent makes of its answers, on simulated 4.5 and 5.2 and, where installed, a real one."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.waiting import Abandoned, Waiter
from scenes.clients.base import Limits, ServiceError
from scenes.clients.qbittorrent.client import QBittorrentClient, login_fingerprint, phase_of
from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from tests.acceptance.real_qbittorrent import MISSING, installed, real_qbittorrent
from tests.clients.fakes import HANG, Received, http, serving

WRONG = "a-wrong-password"


@pytest.fixture(params=[4, 5])
def qbittorrent(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path / "downloads", version=request.param) as simulator:
        yield simulator


@pytest.fixture
def client(qbittorrent: Qbittorrent) -> Iterator[QBittorrentClient]:
    with contextlib.closing(QBittorrentClient(qbittorrent.url, qbittorrent.username, qbittorrent.password)) as one:
        yield one


def error_of(client: QBittorrentClient) -> ServiceError:
    with contextlib.closing(client), pytest.raises(ServiceError) as caught:
        client.torrents()
    return caught.value


def logins(qbittorrent: Qbittorrent) -> int:
    return len(qbittorrent.server.control.asked("auth/login"))


@pytest.mark.parametrize("state", ["uploading", "stalledUP", "pausedUP", "stoppedUP", "queuedUP", "forcedUP"])
def test_a_seeding_or_stopped_whole_torrent_is_finished(state: str) -> None:
    assert phase_of(state) == "finished"


@pytest.mark.parametrize(
    "state", ["moving", "checkingUP", "checkingDL", "checkingResumeData", "unknown", "somethingNew", ""]
)
def test_moving_checking_and_unknown_states_mean_wait(state: str) -> None:
    assert phase_of(state) == "waiting"


@pytest.mark.parametrize(
    "state", ["downloading", "metaDL", "stalledDL", "pausedDL", "stoppedDL", "error", "missingFiles"]
)
def test_a_torrent_that_lacks_data_is_not_finished(state: str) -> None:
    assert phase_of(state) == "not_finished"


def test_a_torrent_is_listed_with_what_is_needed_of_it(qbittorrent: Qbittorrent, client: QBittorrentClient) -> None:
    made = qbittorrent.add_torrent(
        "Dune Walk", [NewFile("Dune Walk/one.mp4", 5_000)], category="films", tags=["a", "b c"]
    )
    (torrent,) = client.torrents()
    assert (torrent.hash, torrent.name, torrent.category, torrent.tags) == (
        made.hash,
        "Dune Walk",
        "films",
        ("a", "b c"),
    )
    assert (torrent.phase, torrent.size) == ("finished", 5_000)
    assert Path(torrent.save_path) == qbittorrent.downloads
    assert Path(torrent.content_path) == qbittorrent.downloads / "Dune Walk/one.mp4"
    assert torrent.completed_at is not None
    assert int(torrent.completed_at.timestamp()) == made.completion_on


def test_a_torrent_that_was_never_completed_has_no_date(qbittorrent: Qbittorrent, client: QBittorrentClient) -> None:
    qbittorrent.add_torrent("Half", [NewFile("half.mp4", 5_000, progress=0.5)], state="downloading")
    (torrent,) = client.torrents()
    assert (torrent.phase, torrent.completed_at) == ("not_finished", None)


def test_torrents_are_filtered_by_category_and_by_all_of_the_tags(
    qbittorrent: Qbittorrent, client: QBittorrentClient
) -> None:
    for name, category, tags in [("1", "films", ["a", "b"]), ("2", "films", ["a"]), ("3", "", ["a", "b"])]:
        qbittorrent.add_torrent(name, [NewFile(f"{name}.mp4", 10)], category=category, tags=tags)

    def found(category: str = "", tags: tuple[str, ...] = ()) -> str:
        return "".join(sorted(torrent.name for torrent in client.torrents(category, tags)))

    assert (found(), found("films"), found("films", ("a", "b")), found(tags=("b",)), found("nothing")) == (
        "123",
        "12",
        "1",
        "13",
        "",
    )


def test_files_say_whether_they_are_wanted_and_complete(qbittorrent: Qbittorrent, client: QBittorrentClient) -> None:
    torrent = qbittorrent.add_torrent(
        "Mix",
        [
            NewFile("Mix/one.mp4", 10),
            NewFile("Mix/deselected but there.mp4", 10, priority=0),
            NewFile("Mix/half.mp4", 10, progress=0.5),
            NewFile("Mix/started.mp4.!qB", 10),
            NewFile("Mix/.unwanted/other.mp4", 10),
        ],
    )
    assert [(file.name, file.wanted, file.complete) for file in client.files(torrent.hash)] == [
        ("Mix/one.mp4", True, True),
        ("Mix/deselected but there.mp4", False, True),
        ("Mix/half.mp4", True, False),
        ("Mix/started.mp4.!qB", True, False),
        ("Mix/.unwanted/other.mp4", False, True),
    ]


def test_the_files_of_a_torrent_that_is_gone_are_not_found(client: QBittorrentClient) -> None:
    with pytest.raises(ServiceError) as caught:
        client.files("0" * 40)
    assert (caught.value.code, caught.value.permanent) == ("not_found", False)


def test_a_tag_is_added_to_those_that_are_there(qbittorrent: Qbittorrent, client: QBittorrentClient) -> None:
    torrent = qbittorrent.add_torrent("1", [NewFile("1.mp4", 10)], tags=["mine"])
    client.add_tag(["0" * 40, torrent.hash], "stashhog")
    client.add_tag([torrent.hash], "stashhog")
    assert set(client.torrents()[0].tags) == {"mine", "stashhog"}


@pytest.mark.parametrize("with_files", [True, False])
def test_a_torrent_is_deleted_with_or_without_its_files(
    qbittorrent: Qbittorrent, client: QBittorrentClient, with_files: bool
) -> None:
    torrent = qbittorrent.add_torrent("1", [NewFile("1.mp4", 10)])
    client.delete([torrent.hash, "0" * 40], with_files=with_files)
    assert client.torrents() == []
    assert (qbittorrent.downloads / "1.mp4").exists() is not with_files


@pytest.mark.parametrize("hashes", [[], ["all"]])
def test_nothing_is_ever_done_to_all_torrents(client: QBittorrentClient, hashes: list[str]) -> None:
    with pytest.raises(ValueError, match="which torrents"):
        client.delete(hashes, with_files=True)
    with pytest.raises(ValueError, match="which torrents"):
        client.add_tag(hashes, "stashhog")


def test_one_login_serves_all_calls_of_a_client(qbittorrent: Qbittorrent, client: QBittorrentClient) -> None:
    client.torrents()
    client.torrents(category="films")
    assert logins(qbittorrent) == 1


def test_a_wrong_password_is_tried_once_and_never_again(qbittorrent: Qbittorrent) -> None:
    client = QBittorrentClient(qbittorrent.url, qbittorrent.username, WRONG)
    errors = [error_of(client) for _ in range(3)]
    assert {(error.code, error.permanent) for error in errors} == {("login_refused", True)}
    assert logins(qbittorrent) == 1
    assert len(qbittorrent.server.control.asked("api/v2")) == (1 if qbittorrent.version.login_failed == 200 else 2)


def test_a_ban_says_what_to_do_and_the_right_password_does_not_help(qbittorrent: Qbittorrent) -> None:
    for _ in range(5):
        error_of(QBittorrentClient(qbittorrent.url, qbittorrent.username, WRONG))
    error = error_of(QBittorrentClient(qbittorrent.url, qbittorrent.username, qbittorrent.password))
    assert (error.code, error.permanent) == ("banned", True)
    assert "hour" in error.hint


@pytest.mark.parametrize("end", [lambda server: server.restart(), lambda server: server.pass_time(3601)])
def test_a_session_that_ended_is_started_again_each_time(
    qbittorrent: Qbittorrent, client: QBittorrentClient, end: Callable[[Qbittorrent], None]
) -> None:
    torrent = qbittorrent.add_torrent("1", [NewFile("1.mp4", 10)])
    client.torrents()
    end(qbittorrent)
    client.add_tag([torrent.hash], "stashhog")
    end(qbittorrent)
    assert client.torrents()[0].tags == ("stashhog",)
    assert logins(qbittorrent) == 3


def test_a_session_that_ended_with_the_password_changed_is_refused_once(
    qbittorrent: Qbittorrent, client: QBittorrentClient
) -> None:
    client.torrents()
    qbittorrent.restart()
    qbittorrent.login.password = "another"
    for _ in range(3):
        with pytest.raises(ServiceError) as caught:
            client.torrents()
        assert caught.value.code == "login_refused"
    assert logins(qbittorrent) == 2


@pytest.mark.parametrize("good", [0, 1])
def test_a_rule_that_forbids_what_it_took_the_login_for_is_not_met_with_more_than_one_login(
    qbittorrent: Qbittorrent, client: QBittorrentClient, good: int
) -> None:
    qbittorrent.server.control.arm("http", path="torrents/info", status=403, text="Forbidden", after=good)
    for _ in range(good):
        client.torrents()
    for _ in range(3):
        with pytest.raises(ServiceError) as caught:
            client.torrents()
        assert (caught.value.code, caught.value.permanent) == ("forbidden", False)
        assert "although it took the login" in caught.value.message
    assert logins(qbittorrent) == 1 + good


def test_a_name_that_the_server_does_not_go_by_is_not_taken_for_a_wrong_password(qbittorrent: Qbittorrent) -> None:
    qbittorrent.login.host_names = ["nas.lan"]
    url = qbittorrent.url.replace("127.0.0.1", "localhost")
    for password in (qbittorrent.password, WRONG):
        error = error_of(QBittorrentClient(url, qbittorrent.username, password))
        assert (error.code, error.permanent) == ("unauthorized", True)
        assert "host header validation" in error.hint and "server domains" in error.hint
    qbittorrent.login.host_names = ["nas.lan", "localhost"]
    with contextlib.closing(QBittorrentClient(url, qbittorrent.username, qbittorrent.password)) as client:
        assert client.torrents() == []


def test_that_it_is_there_is_found_without_a_login(qbittorrent: Qbittorrent) -> None:
    for _ in range(10):
        QBittorrentClient(qbittorrent.url, qbittorrent.username, WRONG).check_there()
    assert logins(qbittorrent) == 0


def test_looking_whether_it_is_there_tells_of_a_rule_that_refuses_all(qbittorrent: Qbittorrent) -> None:
    qbittorrent.login.host_names = ["nas.lan"]
    with pytest.raises(ServiceError, match="refuses every request") as caught:
        QBittorrentClient(qbittorrent.url.replace("127.0.0.1", "localhost")).check_there()
    assert "host header validation" in caught.value.hint


@pytest.mark.parametrize("status", [302, 404, 500, 502])
def test_what_answers_something_else_is_not_taken_for_it(status: int) -> None:
    with serving(lambda request: http(status, b"")) as fake, pytest.raises(ServiceError):
        QBittorrentClient(fake.url).check_there()


@pytest.mark.acceptance
@pytest.mark.skipif(not installed(), reason=MISSING)
def test_a_real_one_is_found_without_a_login_and_bans_nobody_for_it(tmp_path: Path) -> None:
    with real_qbittorrent(tmp_path) as real:
        for _ in range(10):
            QBittorrentClient(real.url, real.username, WRONG).check_there()
        with contextlib.closing(QBittorrentClient(real.url, real.username, real.password)) as client:
            assert client.torrents() == []


@pytest.mark.parametrize("kind", ["reset", "http"])
@pytest.mark.parametrize("path", ["auth/login", "torrents/info"])
def test_a_request_that_fails_is_not_repeated(
    qbittorrent: Qbittorrent, client: QBittorrentClient, kind: str, path: str
) -> None:
    qbittorrent.server.control.arm(kind, path=path)  # type: ignore[arg-type]
    with pytest.raises(ServiceError) as caught:
        client.torrents()
    assert caught.value.code == {"reset": "broken_off", "http": "server_error"}[kind]
    assert not caught.value.permanent
    assert len(qbittorrent.server.control.asked(path)) == 1


def test_being_away_is_unreachable_and_says_where(qbittorrent: Qbittorrent) -> None:
    qbittorrent.server.go_away()
    error = error_of(QBittorrentClient(qbittorrent.url, qbittorrent.username, qbittorrent.password))
    assert (error.code, error.permanent) == ("unreachable", False)
    assert qbittorrent.url in error.message


def test_no_answer_is_a_timeout() -> None:
    with serving(lambda request: HANG) as fake:
        error = error_of(QBittorrentClient(fake.url, "admin", "secret", read=Limits(total=0.3)))
    assert (error.code, error.permanent) == ("timeout", False)


def test_a_read_is_abandoned_when_its_work_is_cancelled() -> None:
    wake = threading.Event()
    wake.set()
    with serving(lambda request: HANG) as fake, pytest.raises(Abandoned):
        QBittorrentClient(fake.url, "admin", "secret", Waiter(wake)).torrents()


def test_a_redirect_is_refused_and_the_password_not_sent_on() -> None:
    with serving(lambda request: http(200, b"Ok.")) as elsewhere:
        with serving(lambda request: http(307, Location=f"{elsewhere.url}/?token=x")) as fake:
            error = error_of(QBittorrentClient(fake.url, "admin", "secret"))
        assert elsewhere.received == []
    assert (error.code, error.permanent) == ("redirected", True)
    assert "token" not in str(error)


@pytest.mark.parametrize("login", [http(200, b"<html>A router</html>"), http(404)])
def test_something_else_at_the_address_is_not_taken_for_a_refused_login(login: bytes) -> None:
    with serving(lambda request: login) as fake:
        error = error_of(QBittorrentClient(fake.url, "admin", "secret"))
    assert (error.code, error.permanent) == ("wrong_address", False)


@pytest.mark.parametrize("content_path", [{}, {"content_path": None}, {"content_path": 1}, {"content_path": ["/dl"]}])
def test_a_torrent_without_a_content_path_is_a_bad_answer(content_path: dict[str, object]) -> None:
    torrent = dict.fromkeys(("name", "category", "tags"), "")
    torrent |= {"hash": "0" * 40, "state": "stalledUP", "save_path": "/dl"}
    rows = [torrent | dict.fromkeys(("size", "progress", "completion_on"), 1) | content_path]

    def behave(request: Received) -> bytes:
        return http(200, b"Ok." if "auth/login" in request.line else json.dumps(rows).encode())

    with serving(behave) as fake:
        error = error_of(QBittorrentClient(fake.url, "admin", "secret"))
    assert error.code == "bad_answer" and "content_path" in error.message


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"[1]", b'[{"hash": "x"}]', b"<html>", b"[" * 2000])
def test_an_odd_list_of_torrents_is_a_bad_answer_and_not_an_empty_one(body: bytes) -> None:
    def behave(request: Received) -> bytes:
        return http(200, b"Ok." if "auth/login" in request.line else body)

    with serving(behave) as fake:
        error = error_of(QBittorrentClient(fake.url, "admin", "secret"))
    assert (error.code, error.permanent) == ("bad_answer", False)


def test_the_password_is_in_no_message_log_or_representation(
    qbittorrent: Qbittorrent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for level in ("qbittorrentapi", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, level)
    client = QBittorrentClient(qbittorrent.url, qbittorrent.username, WRONG)
    seen = [repr(client), *traceback.format_exception(error_of(client))]
    qbittorrent.server.go_away()
    seen += traceback.format_exception(error_of(QBittorrentClient(qbittorrent.url, "admin", WRONG)))
    assert WRONG not in "".join(seen) + caplog.text


def test_the_fingerprint_of_a_login_changes_with_each_of_its_parts() -> None:
    same = login_fingerprint("key", "http://host:8080", "admin", "secret")
    assert same == login_fingerprint("key", "http://host:8080/", "admin", "secret")
    others = [
        login_fingerprint("other", "http://host:8080", "admin", "secret"),
        login_fingerprint("key", "http://host:8081", "admin", "secret"),
        login_fingerprint("key", "http://host:8080", "admi", "nsecret"),
        login_fingerprint("key", "http://host:8080", "admin", "Secret"),
    ]
    assert len({same, *others}) == 5
    assert "secret" not in same


@pytest.mark.acceptance
@pytest.mark.skipif(not installed(), reason=MISSING)
def test_a_real_qbittorrent_is_understood(tmp_path: Path) -> None:
    with real_qbittorrent(tmp_path) as real:
        for name in ("one.mp4", "two.mp4"):
            (real.downloads / "Dune Walk").mkdir(exist_ok=True)
            (real.downloads / "Dune Walk" / name).write_bytes(name.encode() * 5_000)
        made = real.seed(
            "Dune Walk", ["Dune Walk/one.mp4", "Dune Walk/two.mp4"], category="films", deselect=["Dune Walk/two.mp4"]
        )
        with contextlib.closing(QBittorrentClient(real.url, real.username, real.password)) as client:
            (torrent,) = client.torrents("films")
            assert (torrent.hash, torrent.phase, torrent.tags) == (made.hash, "finished", ())
            assert [(file.name, file.wanted) for file in client.files(made.hash)] == [
                ("Dune Walk/one.mp4", True),
                ("Dune Walk/two.mp4", False),
            ]
            client.add_tag([made.hash], "stashhog")
            assert client.torrents(tags=["stashhog"]) != []
            client.delete([made.hash], with_files=False)
            assert client.torrents() == []
            assert (real.downloads / "Dune Walk" / "one.mp4").exists()
        codes = [error_of(QBittorrentClient(real.url, "admin", WRONG)).code for _ in range(6)]
        assert codes == ["login_refused"] * 5 + ["banned"]


def test_categories_and_tags_are_those_that_there_are(client: QBittorrentClient, qbittorrent: Qbittorrent) -> None:
    qbittorrent.add_torrent("One", [NewFile("1.mp4", 10)], category="b/c", tags=["y", "x"])
    qbittorrent.server.call(qbittorrent.store.categories.update, {"a": "/somewhere"})
    assert (client.categories(), client.tags()) == (["a", "b/c"], ["x", "y"])


@pytest.mark.parametrize("path, ask", [("torrents/categories", "categories"), ("torrents/tags", "tags")])
def test_categories_and_tags_that_make_no_sense_are_a_bad_answer(
    client: QBittorrentClient, qbittorrent: Qbittorrent, path: str, ask: str
) -> None:
    qbittorrent.server.control.arm("http", path=path, status=200, text="7")
    with pytest.raises(ServiceError) as caught:
        getattr(client, ask)()
    assert caught.value.code == "bad_answer"
