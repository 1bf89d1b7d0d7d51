"""The API itself, as it answers without the package."""

import pytest
import requests

from tests.simulators.qbittorrent.servers import AnyQbittorrent


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
    qbt: AnyQbittorrent, session: requests.Session, method: str, action: str, status: int, text: str | None
) -> None:
    answer = session.request(method, f"{qbt.url}/api/v2/{action}", timeout=10)
    assert (answer.status_code, text or answer.text) == (status, answer.text)


def test_the_preferences_name_the_save_path_and_the_ban(qbt: AnyQbittorrent) -> None:
    preferences = qbt.client.app_preferences()
    assert preferences.save_path == str(qbt.downloads.parent)
    assert preferences.web_ui_max_auth_fail_count == 5
    assert preferences.web_ui_ban_duration == 3600


def test_a_request_from_another_sites_page_is_401(qbt: AnyQbittorrent, session: requests.Session) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    answer = session.get(f"{qbt.url}/api/v2/app/version", headers=headers, timeout=10)
    assert (answer.status_code, answer.text) == (401, "Unauthorized")
