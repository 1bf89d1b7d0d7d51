"""One place: the menu is beside every page, and a drawer on a phone; the admin is no place of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site
from tests.browser.screenshots import PAGES

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Something is on every page."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.run = site.do("scenery()")  # type: ignore[attr-defined]
    yield site
    site.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_page_makes_the_browser_complain_or_is_wider_than_the_screen(site, visit, width, scheme):
    visitor = visit(width=width, color_scheme=scheme)
    for address in PAGES.values():
        visitor.go(address.format(run=site.run))
        expect(visitor.page.locator("header.top .brand")).to_be_visible()
        sizes = visitor.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert sizes[0] <= sizes[1], (address, sizes)
    missing = "Failed to load resource: the server responded with a status of 404 (Not Found)"
    assert [text for text in visitor.complaints if text != missing] == []


def test_on_a_phone_the_menu_is_a_drawer_that_a_key_or_a_click_beside_it_closes(visit):
    page = visit(width=390).page
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(370, 400)):
        page.get_by_role("button", name="Menu", exact=True).click()
        expect(menu).to_be_visible()
        close()
        expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    menu.get_by_role("link", name="Library").click()
    expect(page.locator("h1")).to_have_text("Scenes")
    expect(menu).to_be_hidden()


def test_beside_a_wide_page_the_menu_is_always_there_and_says_where_one_is(visit):
    visitor = visit()
    for address, label in (("/", "Home"), ("/jobs/", "History"), ("/admin/scenes/tag/", "Tags")):
        visitor.go(address)
        here = visitor.page.locator("#menu [aria-current=page]")
        expect(here).to_have_count(1)
        expect(here).to_be_visible()
        expect(here).to_have_text(label)
        assert visitor.page.locator("h1").bounding_box()["x"] > 228
