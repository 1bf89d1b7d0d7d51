"""`settings test`: what each service says of itself, and for each way to fail what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from scenes.configuration.saving import save
from scenes.models import RefusedLogin, Setting
from scenes.simulators.llm import running_llm
from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from scenes.simulators.stash import running_stash
from scenes.simulators.tagger import running_tagger
from tests.clients.fakes import Received, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_hurry")]
PAGE = "/settings/all/"


def answer(status: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    """It says that the connection ends, which a client that is quicker than the end would use again."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def result_of(capsys: pytest.CaptureFixture[str], *what: str) -> dict[str, Any]:
    """Of `manage.py settings test … --json`; the exit code is right, too."""
    capsys.readouterr()
    code = 0
    try:
        call_command("settings", "test", *what, "--json")
    except SystemExit as end:
        code = int(str(end.code))
    (result,) = json.loads(capsys.readouterr().out)
    assert code == (0 if result["ok"] else 1)
    return result


@pytest.fixture
def test(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    return lambda *what: result_of(capsys, *what)


def found(result: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in result["findings"]}


# Stash


def test_a_healthy_stash_tells_version_folders_scenes_and_extensions(
    test: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    with running_stash([tmp_path], api_key="a-secret-key") as stash:
        stash.seed(scenes=3, tags=1, performers=1, studios=1)
        save({"stash_url": stash.url, "stash_api_key": "a-secret-key", "library_path": str(tmp_path)})
        result = test("stash")
    assert (result["ok"], result["code"], result["message"]) == (True, "ok", "Stash answers.")
    about = found(result)
    assert about["Version"].startswith("v0.") and about["Scenes"] == "3"
    assert "mp4" in about["Video extensions"]
    assert about["Library folder"] == about["Our library folder"] == str(tmp_path)


def test_a_library_folder_that_stash_does_not_have_is_said(test: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    with running_stash([tmp_path / "films"]) as stash:
        save({"stash_url": stash.url, "library_path": str(tmp_path), "path_map": f"stash:/data={tmp_path}"})
        result = test("stash")
    assert not result["ok"]
    (bad,) = [one for one in result["findings"] if not one["good"]]
    assert bad["value"] == f"{tmp_path}, for Stash /data" and "“Path mapping”" in bad["fix"]


def test_a_missing_a_wrong_and_a_needless_key_are_told_apart(test: Callable[..., dict[str, Any]]) -> None:
    with running_stash(api_key="a-secret-key") as stash:
        save({"stash_url": stash.url})
        assert "wants an API key, and none is set" in test("stash")["message"]
        save({"stash_api_key": "not-that-one"})
        wrong = test("stash")["message"]
        assert "refuses our key" in wrong and "Settings, Security" in wrong
    with serving(
        lambda request: answer("401 Unauthorized") if "apikey" in {name.lower() for name in request.headers} else UP
    ) as without_login:
        save({"stash_url": without_login.url})
        assert test("stash")["code"] == "key_not_needed"


UP = answer("200 OK", b'{"data": {"system_status": {"status": "OK"}}}')


@pytest.mark.parametrize(("status", "words"), [("SETUP", "not set up yet"), ("NEEDS_MIGRATION", "database migration")])
def test_a_stash_that_waits_for_a_person_says_so(test: Callable[..., dict[str, Any]], status: str, words: str) -> None:
    with running_stash(status=status) as stash:
        save({"stash_url": stash.url})
        result = test("stash")
    assert words in result["message"] and "Open http://" in result["message"]


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (answer("200 OK", b"<!doctype html><title>Log in</title>", "text/html"), "bad_answer", "a page (HTML)"),
        (answer("302 Found\r\nLocation: http://auth.lan/login"), "redirected", "http://auth.lan/login"),
        (answer("502 Bad Gateway", b"<html>", "text/html"), "server_error", "status 502"),
        (answer("403 Forbidden"), "forbidden", "access rules of a proxy"),
        (answer("404 Not Found"), "wrong_address", "Check address and port"),
        (answer("400 Bad Request", b"Client sent an HTTP request to an HTTPS server."), "bad_answer", "Write https://"),
        (answer("200 OK", b"{}"), "bad_answer", "Is it Stash"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "broken_off", "broke off"),
    ],
)
def test_what_a_proxy_or_another_server_answers_is_said_with_what_to_do(
    test: Callable[..., dict[str, Any]], reply: bytes, code: str, words: str
) -> None:
    with serving(lambda request: reply) as other:
        save({"stash_url": other.url})
        result = test("stash")
    assert (result["ok"], result["code"]) == (False, code)
    assert words in result["message"]


def test_https_to_a_server_without_it_is_said(test: Callable[..., dict[str, Any]]) -> None:
    with serving(lambda request: UP) as plain:
        save({"stash_url": plain.url.replace("http://", "https://")})
        result = test("stash")
    assert result["code"] == "bad_certificate" and "does not speak TLS" in result["message"]


# qBittorrent


@pytest.fixture
def qbittorrent(tmp_path: Path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path) as simulator:
        save(
            {
                "qbittorrent_url": simulator.url,
                "qbittorrent_username": simulator.username,
                "qbittorrent_password": simulator.password,
            }
        )
        yield simulator


def test_a_healthy_qbittorrent_tells_version_categories_and_what_the_filter_takes(
    test: Callable[..., dict[str, Any]], qbittorrent: Qbittorrent, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    for number, category in enumerate(["films", "films", "music"]):
        qbittorrent.add_torrent(f"T{number}", [NewFile(f"{number}.mp4", film)], category=category)
    save({"qbittorrent_category": "films"})
    result = test("qbittorrent")
    assert result["ok"], result
    about = found(result)
    assert about["Version"].startswith("v4.") and about["Categories"] == "films, music"
    assert about["Finished torrents"] == "3, of which the filter takes 2"


def test_a_category_that_is_not_there_is_said(test: Callable[..., dict[str, Any]], qbittorrent: Qbittorrent) -> None:
    save({"qbittorrent_category": "flims"})
    result = test("qbittorrent")
    assert not result["ok"]
    (bad,) = [one for one in result["findings"] if not one["good"]]
    assert "no category 'flims'" in bad["value"] and "Correct “qBittorrent category”" in bad["fix"]


def test_a_refused_login_is_tried_once_however_often_somebody_tests(
    test: Callable[..., dict[str, Any]], qbittorrent: Qbittorrent, admin: Client
) -> None:
    save({"qbittorrent_password": "wrong"})
    for _ in range(6):
        result = test("qbittorrent")
        assert result["code"] == "login_refused" and "Correct user and password" in result["message"]
    admin.post(PAGE, {"test": "qbittorrent"})
    assert len(qbittorrent.server.control.asked("auth/login")) == 1
    assert RefusedLogin.objects.count() == 1


def test_a_missing_password_is_told_from_a_wrong_one(
    test: Callable[..., dict[str, Any]], qbittorrent: Qbittorrent
) -> None:
    save({"qbittorrent_password": None})
    result = test("qbittorrent")
    assert result["code"] == "login_refused" and "no password is set" in result["message"]


def test_the_same_password_typed_again_is_tried_again(
    test: Callable[..., dict[str, Any]], qbittorrent: Qbittorrent
) -> None:
    save({"qbittorrent_password": "wrong"})
    assert test("qbittorrent")["code"] == "login_refused"
    qbittorrent.login.password = "wrong"  # as somebody makes it in qBittorrent
    assert test("qbittorrent")["code"] == "login_refused"
    save({"qbittorrent_password": "wrong"})
    assert test("qbittorrent")["code"] == "ok"


def test_a_ban_is_told_from_a_wrong_password(test: Callable[..., dict[str, Any]]) -> None:
    banned = answer("403 Forbidden", b"Your IP address has been banned after too many failed authentication attempts.")
    with serving(lambda request: banned) as service:
        save({"qbittorrent_url": service.url, "qbittorrent_password": "right"})
        result = test("qbittorrent")
    assert result["code"] == "banned" and "wait an hour" in result["message"]
    assert RefusedLogin.objects.get().banned_until, "the password may be right"


# The tagger


def test_a_healthy_tagger_says_so(test: Callable[..., dict[str, Any]]) -> None:
    with running_tagger() as tagger:
        save({"tagger_url": tagger.url})
        result = test("tagger")
    assert result["ok"] and found(result)["Ready"] == "ready"
    assert found(result)["API"] == "the one before v3"


def test_a_newer_tagger_tells_its_models(test: Callable[..., dict[str, Any]]) -> None:
    models = b'[{"name": "vivid", "version": 2.1, "categories": ["actions"], "type": "video", "identifier": 3}]'

    def newer(request: Received) -> bytes:
        if "/v3/current_ai_models/" in request.line:
            return answer("200 OK", models)
        return answer("405 Method Not Allowed") if "/process_video/" in request.line else answer("200 OK", b"{}")

    with serving(newer) as server:
        save({"tagger_url": server.url})
        result = test("tagger")
        assert result["ok"]
        assert (found(result)["API"], found(result)["Models"]) == ("v3", "vivid 2.1")
        models = b"[]"
        assert not test("tagger")["ok"], "without a model it sees nothing"


def test_a_tagger_that_loads_its_models_says_so(test: Callable[..., dict[str, Any]]) -> None:
    with running_tagger(loaded=False) as tagger:
        save({"tagger_url": tagger.url})
        assert test("tagger")["code"] == "not_ready"


@pytest.mark.parametrize(
    "reply",
    [
        answer("404 Not Found", b'{"detail": "Not Found"}'),
        answer("200 OK", b"<!doctype html><title>Some page</title>", "text/html"),
    ],
)
def test_a_server_that_is_no_tagger_is_not_taken_for_one(
    test: Callable[..., dict[str, Any]], admin: Client, reply: bytes
) -> None:
    with serving(lambda request: reply) as other:
        save({"tagger_url": other.url})
        result = test("tagger")
        assert (result["ok"], result["code"]) == (False, "wrong_address")
        assert "Video tagger answers." not in admin.get("/services").text


def test_no_tagger_is_no_fault_and_no_stash_is_one(test: Callable[..., dict[str, Any]]) -> None:
    assert test("tagger")["ok"]
    result = test("stash")
    assert (result["ok"], result["code"]) == (False, "not_set")
    assert "“Stash address”" in result["message"]


# All of them


def test_the_page_tests_what_the_fields_hold_and_saves_nothing(admin: Client) -> None:
    with running_stash(api_key="a-secret-key") as stash:
        typed = {"test": "stash", "stash_url": stash.url, "stash_api_key": "a-secret-key"}
        page = admin.post(PAGE, typed)
    assert page.status_code == 200
    assert "Stash answers." in page.text and '<th scope="row">Version</th>' in page.text
    assert "a-secret-key" not in page.text
    assert f'value="{stash.url}"' in page.text, "what was typed is still there"
    assert not Setting.objects.exists()


def test_a_service_is_tested_whatever_is_wrong_in_the_fields_of_another(admin: Client) -> None:
    with running_stash() as stash:
        sent = {"stash_url": stash.url, "tagger_url": "no address", "test": "stash"}
        page = admin.post(PAGE, sent).content.decode()
    assert 'id="result-stash"' in page and "Stash answers" in page and "Nothing was saved. Correct" not in page
    page = admin.post(PAGE, sent | {"test": "tagger"}).content.decode()
    assert 'id="result-tagger"' not in page and "Nothing was saved. Correct what is marked below." in page


def test_who_typed_a_password_is_told_to_type_it_again_where_nothing_was_saved(admin: Client) -> None:
    sent = {"tagger_url": "no address", "qbittorrent_password": "pw"}
    page = admin.post(PAGE, sent).content.decode()
    assert "A password that was typed in is not sent back: type it again." in page and 'value="pw"' not in page
    assert "type it again" not in admin.post(PAGE, sent | {"qbittorrent_password": ""}).content.decode()


def test_who_may_only_look_can_not_test(somebody_with: Callable[..., Client]) -> None:
    client = somebody_with("view_setting")
    assert 'name="test"' not in client.get(PAGE).text
    assert client.post(PAGE, {"test": "stash"}).status_code == 403
    assert client.post("/api/settings/test", {}, content_type="application/json").status_code == 403


def test_the_api_tests_one_or_all(program: Client) -> None:
    def post(body: dict[str, str]) -> Any:
        return program.post("/api/settings/test", body, content_type="application/json")

    with running_tagger() as tagger:
        save({"tagger_url": tagger.url})
        assert [one["service"] for one in post({}).json()] == ["stash", "qbittorrent", "tagger", "language_model"]
        (one,) = post({"service": "tagger"}).json()
        assert one["ok"] and one["findings"]
    for wrong in ({"service": "plex"}, {"service": "stash", "path": "/x"}, {"what": "x"}):
        assert post(wrong).status_code == 400


def test_no_result_holds_a_secret(test: Callable[..., dict[str, Any]]) -> None:
    def echo(request: Received) -> bytes:
        text = f"{request.headers} {request.body.decode()} me:planted-pass"
        return answer("400 Bad Request", json.dumps({"errors": [{"message": text}]}).encode())

    in_header = "bWU6cGxhbnRlZC1wYXNz"  # me:planted-pass
    with serving(echo) as service:
        address = service.url.replace("http://", "http://me:planted-pass@")
        save({"stash_url": address, "tagger_url": address, "qbittorrent_url": address, "stash_api_key": "planted-key"})
        for name in ("stash", "qbittorrent", "tagger"):
            text = json.dumps(test(name))
            assert "planted" not in text and in_header not in text, name


# The language model


def test_a_language_model_may_be_left_unset(test: Callable[..., dict[str, Any]]) -> None:
    result = test("language_model")
    assert result["ok"] and result["code"] == "not_set"


def test_the_language_model_is_asked_for_its_models_and_for_no_answer_that_costs(
    test: Callable[..., dict[str, Any]],
) -> None:
    with running_llm(key="ours") as llm:
        save({"llm_url": llm.url, "llm_api_key": "ours", "llm_names": "tags", "llm_model": llm.model})
        good = test("language_model")
        assert good["ok"] and found(good) == {"Model": llm.model, "Asked for": "tags"}
        save({"llm_model": "large"})
        other = test("language_model")
        assert not other["ok"] and "It has: small-model." in other["findings"][0]["fix"]
        save({"llm_api_key": "another"})
        wrong = test("language_model")
        assert wrong["code"] == "unauthorized" and "“Language model API key”" in wrong["message"]
        assert not llm.questions()
