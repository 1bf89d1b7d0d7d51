"""Logins that fail lock the account for the address that they came from, and for nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.web.factories import make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db, pytest.mark.usefixtures("user")]
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).hashed += 1
        return super().encode(password, salt)


def log_in(name: str, password: str, address: str = HOME, **headers: str) -> Any:
    data = {"username": name, "password": password, "next": "/"}
    return Client(REMOTE_ADDR=address).post("/admin/login/", data, headers=headers)


def is_in(answer: Any) -> bool:
    return answer.status_code == 302 and "stashhog_session" in answer.cookies


def fail(times: int, name: str = "ada", address: str = HOME, **headers: str) -> list[int]:
    return [log_in(name, "wrong", address, **headers).status_code for _ in range(times)]


def right(address: str = HOME, name: str = "ada") -> Any:
    return log_in(name, "a long password", address)


def test_five_failures_lock_the_account_for_their_address_and_for_no_other():
    assert fail(5) == [200, 200, 200, 200, 429]
    assert right().status_code == 429
    assert is_in(right(ELSEWHERE))
    make_user("bob")
    assert is_in(right(name="bob"))


def test_the_refusal_is_a_page_of_ours_that_says_how_long_and_what_to_do():
    fail(5)
    answer = right()
    assert 'class="brand"' in answer.text and "axes_reset" in answer.text and 'href="/admin/login/"' in answer.text
    minutes = int(re.search(r"<b>(\d+) minutes?</b>", answer.text)[1])  # type: ignore[index]
    assert 14 <= minutes <= 15 and 14 * 60 <= int(answer.headers["Retry-After"]) <= 15 * 60
    assert answer.headers["Content-Security-Policy"] and "stashhog_session" not in answer.cookies


def test_nothing_tells_whether_there_is_such_an_account():
    def shown(name: str) -> list[tuple[int, str]]:
        answers = [log_in(name, "wrong") for _ in range(6)]
        clean = r'name="csrfmiddlewaretoken" value="\w+"|' + name
        return [(answer.status_code, re.sub(clean, "", answer.text)) for answer in answers]

    assert shown("ada") == shown("nobody")


def test_a_password_of_a_locked_login_is_not_hashed(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    fail(5)
    before = CountingHasher.hashed
    assert before >= 5
    fail(20)
    fail(1, name="ada")
    assert CountingHasher.hashed == before


def test_the_lock_ends_by_itself_and_trying_meanwhile_does_not_prolong_it():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        fail(5)
        clock.shift(timedelta(minutes=14))
        assert fail(3) == [429, 429, 429]
        clock.shift(timedelta(minutes=1, seconds=1))
        assert is_in(right())


def test_a_login_forgets_the_failures_before_it():
    fail(4)
    assert is_in(right())
    assert fail(4) == [200] * 4 and is_in(right())


@pytest.mark.parametrize(
    "varied", [{"user-agent": "{}"}, {"x-forwarded-for": "203.0.113.{}"}, {"accept": "{}"}, {"forwarded": "for={}"}]
)
def test_another_browser_or_a_header_that_claims_another_address_is_no_way_around(varied: dict[str, str]):
    for number in range(5):
        fail(1, **{name: value.format(number) for name, value in varied.items()})
    assert right().status_code == 429


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_a_host_has_all_of_its_ipv6_network_and_one_ipv4_address(one: str, other: str, same: bool):
    fail(5, address=one)
    assert (right(other).status_code == 429) == same


def test_an_address_that_fails_with_many_accounts_is_locked_for_all_and_nobody_elsewhere_is():
    for number in range(25):
        assert fail(4, name=f"user{number}") == [200] * 4
    answer = right()
    assert answer.status_code == 429 and "tried again in" in answer.text
    assert is_in(right(ELSEWHERE))
    before = AccessAttempt.objects.count()
    fail(3, name="another")
    assert AccessAttempt.objects.count() == before, "what is refused anyway makes no rows"
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert is_in(right())
        assert not AccessAttempt.objects.exists(), "what is over is removed"


@pytest.mark.parametrize("command", [["axes_reset"], ["axes_reset_ip", HOME], ["axes_reset_username", "ada"]])
def test_a_command_ends_the_lock(command: list[str], capsys: pytest.CaptureFixture[str]):
    fail(5)
    call_command(*command)
    assert is_in(right())


@pytest.mark.parametrize("name", ["x" * 150, "x" * 151, "x" * 10_000, "a\0b", " ", "ａｄａ", "ü", "'; --", "[31m"])
def test_odd_names_are_answered_by_the_form(name: str):
    for _ in range(6):
        assert log_in(name, "wrong").status_code in (200, 429)
    assert is_in(right(ELSEWHERE))


def test_only_admins_see_the_failed_logins_and_nobody_changes_them(browser: Client):
    fail(2)
    row = AccessAttempt.objects.get()
    page = browser.get("/admin/axes/accessattempt/").text
    assert HOME in page and "Logins" in browser.get("/admin/").text
    assert browser.get("/admin/axes/accessattempt/add/").status_code == 403
    for where in ("change", "delete"):
        assert browser.post(f"/admin/axes/accessattempt/{row.pk}/{where}/", {"post": "yes"}).status_code == 403
    assert "wrong" not in str(AccessAttempt.objects.values()), "no password is kept"


def test_no_password_is_in_the_log(caplog: Any):
    log_in("ada", "my-secret-guess")
    assert "my-secret-guess" not in caplog.text
