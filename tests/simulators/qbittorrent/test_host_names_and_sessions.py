"""Names that the server does not go by, and sessions that end because nobody used them."""

import json
import time
from collections.abc import Iterator

import pytest
import requests

from tests.acceptance.seeding import wait_until
from tests.simulators.qbittorrent.servers import AnyQbittorrent, log_in

FOREIGN = {"Host": "foreign.example"}


def version(qbt: AnyQbittorrent, session: requests.Session | None = None, host: str = "") -> int:
    """The status of a small question."""
    headers = {"Host": host} if host else {}
    return (session or requests).get(f"{qbt.url}/api/v2/app/version", headers=headers, timeout=10).status_code


def prefer(qbt: AnyQbittorrent, session: requests.Session, **preferences: object) -> None:
    form = {"json": json.dumps(preferences)}
    assert session.post(f"{qbt.url}/api/v2/app/setPreferences", data=form, timeout=10).status_code == 200


@pytest.fixture
def particular(qbt: AnyQbittorrent, session: requests.Session) -> Iterator[AnyQbittorrent]:
    """One that goes by two names only."""
    prefer(qbt, session, web_ui_host_header_validation_enabled=True, web_ui_domain_list="nas.lan;*.example.org")
    wait_until(lambda: version(qbt, host="foreign.example") == 401, "the names to be looked at")
    yield qbt
    prefer(qbt, session, web_ui_domain_list="*")


def test_any_name_is_good_by_default(qbt: AnyQbittorrent) -> None:
    assert version(qbt, host="foreign.example") == 403


def test_under_a_foreign_name_every_request_is_unauthorized(
    particular: AnyQbittorrent, session: requests.Session
) -> None:
    assert version(particular, host="foreign.example") == version(particular, session, host="foreign.example") == 401
    with requests.Session() as foreign:
        foreign.headers.update(FOREIGN)
        for password in ("adminadmin", "wrong"):
            answer = log_in(particular, foreign, password)
            assert (answer.status_code, answer.text) == (401, "Unauthorized")


def test_the_address_and_the_names_are_good_with_the_right_port_only(particular: AnyQbittorrent) -> None:
    port = int(particular.url.rpartition(":")[2])
    for name in ("nas.lan", "NAS.lan", f"nas.lan:{port}", "a.example.org", "127.0.0.1"):
        assert version(particular, host=name) == 403, name
    assert version(particular, host="nas.lan:1") == version(particular, host="localhost") == 401


def test_logins_under_a_foreign_name_do_not_count_towards_the_ban(particular: AnyQbittorrent) -> None:
    with requests.Session() as foreign:
        foreign.headers.update(FOREIGN)
        for _ in range(6):
            log_in(particular, foreign, "wrong")
    with requests.Session() as session:
        assert log_in(particular, session).text == "Ok."


def test_a_session_that_nobody_uses_ends_and_is_forbidden(qbt: AnyQbittorrent, session: requests.Session) -> None:
    prefer(qbt, session, web_ui_session_timeout=1)
    try:
        with requests.Session() as short:
            log_in(qbt, short)
            time.sleep(2.1)  # asking would keep it alive
            assert version(qbt, short) == 403
            assert log_in(qbt, short).text == "Ok." and version(qbt, short) == 200
    finally:
        with requests.Session() as again:
            log_in(qbt, again)
            prefer(qbt, again, web_ui_session_timeout=3600)
