"""Who presses a button far down on a page stays there: the focus, the place, and what is said of it are in sight."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.acceptance
NEAR = 5  # pixels
DOWNLOADS = "__import__('scenes.models').models.Download"


@pytest.fixture(scope="module")
def whole_site(whole_site: Site) -> Site:
    for number in range(60):
        whole_site.do(
            f"{DOWNLOADS}.objects.create(hash='{number:040}', name='Torrent {number}', message='Why.', "
            f"save_path='/x', outcome='failed', code='{'disk_full' if number % 2 else 'unreadable'}')"
        )
    return whole_site


def press(page: Page, button: Locator) -> float:
    """Somewhere in the middle of the window; where the page was then."""
    button.evaluate("one => one.scrollIntoView({ block: 'center' })")
    before = float(page.evaluate("scrollY"))
    assert before > 200, "it is far down"
    with page.expect_navigation():
        button.press("Enter")
    return before


def stayed(page: Page, before: float) -> bool:
    return bool(page.evaluate(f"Math.abs(scrollY - {before}) <= {NEAR}"))


def test_one_that_is_retried_goes_and_the_focus_is_where_it_was(visit: Any, site: Site) -> None:
    visitor = visit()
    visitor.go("/needs/")
    page: Page = visitor.page
    need = page.locator("#need-downloadunreadable")
    before = press(page, need.get_by_role("button", name="Retry: ").last)
    assert page.evaluate("document.activeElement.closest('section').id") == "need-downloadunreadable"
    assert stayed(page, before)
    expect(page.locator(".message.success")).to_be_in_viewport()
    assert visitor.complaints == []


def test_of_a_list_of_one_need_it_is_that_list_again(visit: Any, site: Site) -> None:
    visitor = visit()
    visitor.go("/needs/?need=download:disk_full")
    page: Page = visitor.page
    before = press(page, page.get_by_role("button", name="Retry: ").nth(10))
    expect(page).to_have_url(f"{site.url}/needs/?need=download:disk_full")
    assert stayed(page, before)


def test_a_test_in_the_settings_says_what_came_of_it_where_it_was_pressed(visit: Any, site: Site) -> None:
    visitor = visit()
    visitor.go("/settings/all/")
    page: Page = visitor.page
    before = press(page, page.locator("button[name=test][value=qbittorrent]"))
    assert page.evaluate("document.activeElement.value") == "qbittorrent"
    assert stayed(page, before)
    expect(page.locator("#result-qbittorrent h3")).to_be_in_viewport()


def test_of_what_is_wrong_it_is_said_first(visit: Any, site: Site) -> None:
    visitor = visit()
    visitor.go("/settings/all/")
    page: Page = visitor.page
    page.locator("#id_stash_url").fill("no address")
    press(page, page.locator("button[name=test][value=stash]"))
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    expect(page.locator("[role=alert]").first).to_be_in_viewport()


@pytest.mark.parametrize(
    ("address", "button", "anchor"),
    [
        ("/needs/", "#need-downloadunreadable button[name=release-one]", "#need-downloadunreadable"),
        ("/downloads/", "#download-50 button[name=download]", "#download-50"),
        ("/settings/all/", "button[name=test][value=qbittorrent]", "#result-qbittorrent"),
    ],
)
def test_without_javascript_an_anchor_leads_there(
    visit: Any, site: Site, address: str, button: str, anchor: str
) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.go(address)
    page: Page = visitor.page
    page.locator(button).last.click()
    page.wait_for_url(f"{site.url}{address}{anchor}")
    expect(page.locator(anchor)).to_be_in_viewport()
    if address != "/settings/all/":
        expect(page.locator(".messages .message")).to_be_in_viewport()


def test_a_link_to_the_same_page_begins_at_its_top(visit: Any, site: Site) -> None:
    visitor = visit()
    visitor.go("/settings/all/")
    page: Page = visitor.page
    press(page, page.locator("button[name=test][value=qbittorrent]"))
    visitor.go("/settings/all/")
    assert page.evaluate("scrollY") == 0
