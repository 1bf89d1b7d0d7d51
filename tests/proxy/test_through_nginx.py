"""StashHog behind a real nginx and a real Caddy, over https: on a host of its own, and below a path of one."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from jobs.models import Job
from tests.proxy.nginx import Site, site
from tests.web.factories import make_job, make_token, make_user
from tests.web.test_logins_at_once import From

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]
TIMEOUT = 60  # seconds for a request; a busy machine is slow
PASSWORD = "a long password"
FAILURES = 5  # that lock an account for an address


SITES = ["nginx.conf", "nginx-sub-path.conf"]  # and of Caddy the same two


@pytest.fixture(params=SITES)
def hog(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Site]:
    settings.PASSWORD_HASHERS = ["stashhog.accounts.hashers.PasswordHasher"]  # that of the web process
    make_user("ada")
    example = "Caddyfile" if "Caddyfile" in request.param else request.param
    with site(tmp_path, example, "/stashhog" if "sub-path" in request.param else "") as found:
        yield found


class Browser(requests.Session):
    """As a browser: it follows links of a page, and says of forms where they come from."""

    def __init__(self, hog: Site, address: str = "127.0.0.1"):
        super().__init__()
        self.hog, self.verify, self.trust_env = hog, hog.certificate, False
        self.origin = "/".join(hog.url.split("/")[:3])
        self.mount("https://", From(address))

    def page(self, address: str) -> requests.Response:
        answer = self.get(urljoin(self.hog.url + "/", address), timeout=TIMEOUT)
        assert answer.ok, (answer.url, answer.status_code, answer.text[:500])
        return answer

    def submit(self, page: requests.Response, action: str, **data: str) -> requests.Response:
        """The form of this action on the page."""
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert csrf
        fields = data | {"csrfmiddlewaretoken": csrf[1]}
        headers = {"Origin": self.origin, "Referer": page.url}
        return self.post(urljoin(page.url, action), fields, headers=headers, timeout=TIMEOUT)

    def log_in(self, password: str = PASSWORD) -> requests.Response:
        return self.submit(self.page(""), "", username="ada", password=password)

    def socket(self, address: str, origin: str) -> ClientConnection:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = self.origin.replace("https", "wss") + address
        trust = ssl.create_default_context(cafile=self.hog.certificate)
        return connect(url, ssl=trust, origin=Origin(origin), additional_headers={"Cookie": cookies})


@pytest.mark.parametrize("hog", [*SITES, "Caddyfile", "Caddyfile-sub-path"], indirect=True)
def test_a_person_logs_in_and_works(hog: Site) -> None:
    job = make_job("sync", "failed")
    browser = Browser(hog)
    home = browser.log_in()
    assert home.url == f"{hog.url}/", "after the login"
    follows_the_page(browser, home)
    pages_have_their_files(browser, home)
    page = browser.page(f"jobs/{job.pk}/")
    assert browser.submit(page, re.search(r'action="([^"]*/retry)"', page.text)[1]).url == page.url  # type: ignore[index]
    assert Job.objects.get().status == "queued"
    assert {(cookie.path, cookie.secure) for cookie in browser.cookies} == {(f"{path_of(hog)}/", True)}
    assert "max-age" in home.headers["Strict-Transport-Security"]
    assert browser.submit(home, f"{path_of(hog)}/logout").url == f"{hog.url}/admin/login/"
    assert "Traceback" not in hog.log.read_text()


def follows_the_page(browser: Browser, page: requests.Response) -> None:
    """By its WebSocket, whose HTML has the addresses of this host; and no page of another origin does."""
    live = re.search(r'data-live="([^"]*)"', page.text)[1]  # type: ignore[index]
    with browser.socket(live, browser.origin) as socket:
        snapshot = json.loads(socket.recv(TIMEOUT))
        assert f'href="{path_of(browser.hog)}/jobs/' in snapshot["jobs"][0]["html"]
        Job.objects.update(message="Another")
        make_job("analysis", "running")
        while (update := json.loads(socket.recv(TIMEOUT)))["type"] != "job":
            pass
        assert f'href="{path_of(browser.hog)}/jobs/' in update["html"]
    with pytest.raises(InvalidStatus):
        browser.socket(live, "https://localhost:1")
    Job.objects.filter(type="analysis").delete()


def pages_have_their_files(browser: Browser, page: requests.Response) -> None:
    files = re.findall(r'(?:href|src)="([^"]*/static/[^"]*)"', page.text + browser.page("admin/").text)
    assert len(files) > 3
    for address in files:
        answer = browser.get(urljoin(page.url, address), timeout=TIMEOUT)
        assert answer.ok and answer.url.startswith(f"{browser.hog.url}/static/"), address
    assert "/static/" in browser.page("api/docs").text


def path_of(hog: Site) -> str:
    return hog.url.removeprefix("/".join(hog.url.split("/")[:3]))


def test_a_program_uses_the_api_by_the_addresses_that_its_documentation_names(hog: Site) -> None:
    browser = Browser(hog)
    browser.headers["Authorization"] = f"Bearer {make_token(make_user('program'))}"
    paths = browser.page("api/openapi.json").json()["paths"]
    (jobs,) = [path for path in paths if path.endswith("/api/jobs")]
    started = browser.post(browser.origin + jobs, json={"job_type": "sync"}, timeout=TIMEOUT)
    assert started.status_code == 201, started.text
    assert browser.get(f"{browser.origin}{jobs}/{started.json()['id']}", timeout=TIMEOUT).ok
    assert browser.page("api/jobs?limit=1").json()["items"]


@pytest.mark.parametrize("hog", ["nginx.conf"], indirect=True)
def test_the_limit_of_logins_is_that_of_the_browsers_address_and_no_header_changes_it(hog: Site) -> None:
    attacker = Browser(hog, "127.0.0.2")
    for number in range(FAILURES):
        attacker.headers["X-Forwarded-For"] = f"203.0.113.{number}"
        attacker.headers["X-Real-IP"] = attacker.headers["Forwarded"] = f"203.0.113.{number}"
        failed = attacker.log_in("wrong")
    assert failed.status_code == 429
    assert attacker.log_in().status_code == 429
    owner = Browser(hog, "127.0.0.3")
    assert owner.log_in().url == f"{hog.url}/"


@pytest.mark.parametrize("hog", ["nginx-sub-path.conf"], indirect=True)
def test_past_the_proxy_nobody_says_who_he_is_or_where_stashhog_lies(hog: Site) -> None:
    stranger = requests.Session()
    stranger.mount("http://", From("127.0.0.2"))
    headers = {"Host": "localhost", "Daphne-Root-Path": "//evil.example", "X-Forwarded-Host": "evil.example"}
    answer = stranger.get(f"{hog.behind}/jobs/", headers=headers, allow_redirects=False, timeout=TIMEOUT)
    assert answer.headers["Location"] == "/stashhog/admin/login/?next=/stashhog/jobs/"
    assert "127.0.0.2 forwards" in hog.log.read_text()
    outside = hog.behind.removesuffix("/stashhog")
    assert stranger.get(f"{outside}/healthz", timeout=TIMEOUT).text == "ok"
    assert stranger.get(f"{outside}/jobs/", headers={"Host": "localhost"}, timeout=TIMEOUT).status_code == 404
