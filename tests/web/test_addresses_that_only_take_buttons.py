"""An address that only takes what a button sends is a page of ours to whom opens it, and never empty."""

from __future__ import annotations

import pytest
from django.test import Client

from stashhog.http.pressed import NOT_DONE
from tests.web.factories import make_run
from tests.web.permissions import table
from tests.web.permissions.stage import Stage

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
PAGES = {**table.PAGES, **table.ADMIN}
BUTTONS = sorted({address for method, address in PAGES if method == "POST" and ("GET", address) not in PAGES})
BROWSER = {"accept": "text/html,application/xhtml+xml"}


def test_each_is_a_page_with_a_way_to_the_one_that_has_the_button(browser: Client) -> None:
    stage, pages = Stage(), 0
    for address in BUTTONS:
        answer = browser.get(stage.filled(address), headers=BROWSER)
        if answer.status_code == 302:
            continue
        assert answer.status_code == 405 and answer.headers["Allow"], address
        assert "This address is for a button" in answer.text and 'href="/"' in answer.text, address
        pages += 1
    assert pages > 10


@pytest.mark.parametrize(
    ("address", "above"),
    [("/needs/act", "/needs/"), ("/language", "/"), ("/scenes/7/start", "/scenes/7/"), ("/jobs/start", "/jobs/")],
)
def test_the_way_leads_to_the_page_that_it_belongs_to(browser: Client, address: str, above: str) -> None:
    assert f'<a href="{above}">To the page with the button</a>' in browser.get(address, headers=BROWSER).text


def test_programs_are_told_as_before(browser: Client) -> None:
    answer = browser.delete("/api/pause", headers=BROWSER)
    assert answer.status_code == 405 and answer.json()["error"]["code"] == "method_not_allowed"
    assert not browser.get("/jobs/start", headers={"accept": "application/json"}).content


@pytest.mark.parametrize(
    ("came_from", "back_to"),
    [
        ("http://testserver/needs/?page=2", "/needs/%3Fpage%3D2"),
        ("http://elsewhere.example/needs/", "/jobs/"),
        ("http://testserver.elsewhere.example/", "/jobs/"),
        ("javascript:alert(1)", "/jobs/"),
        ("", "/jobs/"),
    ],
)
def test_the_login_leads_back_to_the_page_of_the_button_of_ours_alone(came_from: str, back_to: str) -> None:
    answer = Client().post("/jobs/start", headers={"referer": came_from} if came_from else {})
    assert answer.headers["Location"] == f"/admin/login/?next={back_to}"


def test_it_is_told_once_after_the_login(browser: Client) -> None:
    browser.cookies.load(Client().post("/needs/act").cookies)
    assert browser.cookies[NOT_DONE].value
    browser.get("/services")
    assert not browser.cookies[NOT_DONE].value
    assert "what you pressed was not done" in browser.get("/needs/").text
    assert "what you pressed was not done" not in browser.get("/needs/").text


def test_an_address_that_is_opened_after_the_login_says_nothing_of_it() -> None:
    run = make_run()
    answer = Client().get(f"/jobs/{run.pk}/")
    assert NOT_DONE not in answer.cookies and answer.headers["Location"] == f"/admin/login/?next=/jobs/{run.pk}/"


def test_logging_out_after_the_login_ended_asks_for_nothing_more() -> None:
    answer = Client().post("/logout")
    assert answer.headers["Location"] == "/admin/login/" and NOT_DONE not in answer.cookies
