"""Many wrong logins at once don't hold up a right one: a real web process."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from scenes.demo.processes import free_port
from tests.processes import started, until
from tests.web.factories import make_user

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]
WRONG = 20  # logins at once
TIMEOUT = 120  # seconds for a request; a busy machine is slow


class From(HTTPAdapter):
    """Requests that come from this address of the machine."""

    def __init__(self, address: str):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: object, **options: object) -> None:
        super().init_poolmanager(*args, source_address=(self.address, 0), **options)  # type: ignore[arg-type]


@dataclass
class Visitor:
    """Somebody at the login page, with the form at hand."""

    site: str
    address: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.mount("http://", From(self.address))
        page = self.session.get(f"{self.site}/admin/login/", timeout=TIMEOUT).text
        self.csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]  # type: ignore[index]

    def log_in(self, name: str, password: str) -> tuple[int, float]:
        """The status, and the seconds it took."""
        data = {"username": name, "password": password, "csrfmiddlewaretoken": self.csrf, "next": "/"}
        begun = time.monotonic()
        answer = self.session.post(
            f"{self.site}/admin/login/",
            data=data,
            headers={"Referer": f"{self.site}/admin/login/"},
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        return answer.status_code, time.monotonic() - begun


@pytest.fixture
def site(tmp_path: Path, no_lasting_connections: None, settings: object) -> Iterator[str]:
    settings.PASSWORD_HASHERS = ["stashhog.accounts.hashers.PasswordHasher"]  # type: ignore[attr-defined]
    make_user("ada")
    make_user("bob")
    bind = f"127.0.0.1:{free_port()}"
    log = str(tmp_path / "web.log")
    with started("manage.py", "web", STASHHOG_BIND=bind, STASHHOG_TEST_LOG=log):
        until(lambda: _answers(f"http://{bind}"), "the web process", 60)
        yield f"http://{bind}"


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize(
    ("whom", "address", "most"),
    [
        (lambda number: "ada", "127.0.0.2", WRONG / 2),  # the same account, the right login from another address
        (lambda number: f"nobody{number}", "127.0.0.2", WRONG / 2),
        (lambda number: "bob", "127.0.0.1", WRONG / 2),  # another account, the right login from the same address
        (lambda number: f"nobody{number}", "127.0.0.1", WRONG),  # each of them is checked, one after the other
    ],
)
def test_twenty_wrong_logins_at_once_do_not_hold_up_a_right_one(
    site: str, whom: Callable[[int], str], address: str, most: float
):
    owner = Visitor(site, address)
    owner.log_in("ada", "a long password")  # the first one loads what is needed
    alone = max(Visitor(site, address).log_in("ada", "a long password")[1] for _ in range(2))
    wrong = [Visitor(site) for _ in range(WRONG)]
    with ThreadPoolExecutor(WRONG + 1) as pool:
        others = [pool.submit(visitor.log_in, whom(number), "wrong") for number, visitor in enumerate(wrong)]
        status, seconds = pool.submit(Visitor(site, address).log_in, "ada", "a long password").result()
        statuses = sorted(other.result()[0] for other in others)
    assert status == 302
    alone = max(alone, Visitor(site, address).log_in("ada", "a long password")[1])  # the machine may be busy by now
    assert seconds < max(5, most * alone), f"{seconds:.2f} s, alone {alone:.2f} s"
    one_account = len({whom(number) for number in range(WRONG)}) == 1
    assert statuses == ([200] * 4 + [429] * 16 if one_account else [200] * WRONG), "each counts before the next"
