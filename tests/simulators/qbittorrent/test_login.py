"""Logins that succeed, fail, and fail too often."""

import pytest
import qbittorrentapi
import requests

from tests.simulators.qbittorrent.servers import AnyQbittorrent, log_in

BANNED = "Your IP address has been banned after too many failed authentication attempts."


def test_without_a_login_everything_is_forbidden(qbt: AnyQbittorrent) -> None:
    answer = requests.get(f"{qbt.url}/api/v2/app/version", timeout=10)
    assert (answer.status_code, answer.text) == (403, "Forbidden")
    assert requests.get(f"{qbt.url}/api/v2/app/no_such", timeout=10).status_code == 403


def test_a_good_login_says_ok_and_gives_a_cookie(qbt: AnyQbittorrent) -> None:
    with requests.Session() as session:
        answer = log_in(qbt, session)
        assert (answer.status_code, answer.text, list(session.cookies.keys())) == (200, "Ok.", ["SID"])


def test_a_session_that_logs_in_again_is_told_ok_whatever_the_password(
    qbt: AnyQbittorrent, session: requests.Session
) -> None:
    assert log_in(qbt, session, password="wrong").text == "Ok."


def test_after_a_logout_the_session_is_forbidden(qbt: AnyQbittorrent, session: requests.Session) -> None:
    assert session.post(f"{qbt.url}/api/v2/auth/logout", timeout=10).status_code == 200
    assert session.get(f"{qbt.url}/api/v2/app/version", timeout=10).status_code == 403


def test_a_wrong_password_is_a_failed_login_with_an_empty_message(qbt: AnyQbittorrent) -> None:
    with pytest.raises(qbittorrentapi.LoginFailed) as caught:
        qbt.new_client(password="wrong").auth_log_in()
    assert str(caught.value) == ""
    with requests.Session() as session:
        answer = log_in(qbt, session, password="wrong")
        assert (answer.status_code, answer.text) == (200, "Fails.")
    qbt.new_client().auth_log_in()  # forgets the failures


def test_a_good_login_forgets_the_failures_before_it(qbt: AnyQbittorrent) -> None:
    for password in ["wrong"] * 4 + ["adminadmin"] + ["wrong"] * 4 + ["adminadmin"]:
        with requests.Session() as session:
            assert log_in(qbt, session, password).status_code == 200


def test_five_failures_ban_the_address_for_the_right_password_too(qbt: AnyQbittorrent) -> None:
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
