"""What goes wrong is said on a page of ours, in our look, with what became of it and a way back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from tests.web.factories import make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
STYLE, WAY_BACK = "jobs/colors.css", 'href="/"'


def page_of(client: Client, address: str, status: int) -> str:
    client.raise_request_exception = False
    answer = client.get(address)
    assert answer.status_code == status
    assert STYLE in answer.text and WAY_BACK in answer.text and "Traceback" not in answer.text
    return str(answer.text)


def test_nothing_there(browser: Client) -> None:
    assert "There is nothing at this address" in page_of(browser, "/nothing", 404)
    assert "There is nothing at this address" in page_of(browser, "/admin/nothing/", 404)


@pytest.mark.parametrize("address", ["/system/", "/jobs/", "/admin/scenes/scene/", "/settings/"])
def test_not_allowed(client: Client, address: str) -> None:
    user = make_user("guest")
    type(user).objects.update(is_superuser=False)
    client.force_login(user)
    page = page_of(client, address, 403)
    assert "You may not do this" in page and "Nothing was changed." in page and "guest" in page


def test_not_understood(browser: Client) -> None:
    page = page_of(browser, "/admin/jobs/job/?created_at__year=99999999999", 400)
    assert "can't be understood" in page


def broken(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr("stashhog.shell.system.versions", fail)


def test_a_fault_of_ours(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, RuntimeError("a secret detail"))
    page = page_of(browser, "/system/", 500)
    assert "Something went wrong here" in page and "secret" not in page


def test_the_database_is_away(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, OperationalError("a secret detail"))
    page = page_of(browser, "/system/", 503)
    assert "can't be used at the moment" in page and "secret" not in page


def test_pages_of_failures_ask_the_database_nothing(
    browser: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    broken(monkeypatch, RuntimeError())
    browser.raise_request_exception = False
    with django_assert_num_queries(3):  # session, user, and one of the page
        browser.get("/system/")
