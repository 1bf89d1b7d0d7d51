"""A service dies while a page that says so is open, or loaded without JavaScript: all of the page says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from scenes.simulators.stash import RunningStash, running_stash
from tests.browser.conftest import Site

pytestmark = pytest.mark.acceptance
WITHIN = 30.0  # seconds
BADGE = "#menu a[href='/needs/'] .count"


@pytest.fixture(scope="module")
def stash() -> Iterator[RunningStash]:
    with running_stash() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory: pytest.TempPathFactory, stash: RunningStash) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("truth"), STASHHOG_STASH_URL=stash.url)
    site.do("make_user()")
    yield site
    site.close()


def reload_until(page: Page, text: str) -> None:
    begun = time.monotonic()
    while text not in page.locator(".services").inner_text():
        assert time.monotonic() - begun < WITHIN
        time.sleep(1)
        page.reload()


def test_the_badge_follows_what_the_page_itself_says(visit: Any, site: Site, stash: RunningStash) -> None:
    page = visit().page
    expect(page.locator(".services")).to_contain_text("Stash answers.")
    before = page.locator(".needing > li").count()
    expect(page.locator(BADGE)).to_have_text(str(before))
    page.evaluate("window.was_not_loaded_again = true")
    stash.go_away()
    try:
        expect(page.locator(".services")).to_contain_text("Stash does not answer")
        expect(page.locator(".needing > li")).to_have_count(before + 1)
        expect(page.locator(BADGE)).to_have_text(str(before + 1))
        assert page.evaluate("window.was_not_loaded_again")
    finally:
        stash.come_back()


def test_what_needs_a_person_follows_a_service_that_goes_and_comes_back(
    visit: Any, site: Site, stash: RunningStash
) -> None:
    visitor = visit()
    visitor.go("/needs/")
    page, need = visitor.page, visitor.page.locator("#title-servicestash")
    page.evaluate("window.was_not_loaded_again = true")
    expect(need).to_have_count(0)
    others = page.locator(".need").count()
    stash.go_away()
    try:
        expect(need).to_be_visible()
        expect(page.locator(BADGE)).to_have_text(str(others + 1))
    finally:
        stash.come_back()
    expect(need).to_have_count(0)
    expect(page.locator(BADGE)).to_have_text(str(others))
    assert page.evaluate("window.was_not_loaded_again")
    assert visitor.complaints == []


def test_a_death_is_said_without_javascript_within_half_a_minute(visit: Any, site: Site, stash: RunningStash) -> None:
    page = visit(java_script_enabled=False).page
    reload_until(page, "Stash answers.")
    stash.do(lambda: setattr(stash.simulator.settings, "latency", 60.0))  # it hangs
    reload_until(page, "Stash does not answer")
    expect(page.locator(".overall-head")).to_contain_text("Stash")
    expect(page.locator(BADGE)).to_have_text(str(page.locator(".needing > li").count()))
    stash.do(lambda: setattr(stash.simulator.settings, "latency", 0.0))


def test_without_javascript_all_links_of_the_home_page_are_whole_pages(visit: Any, site: Site) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    expect(page.locator("main")).not_to_contain_text("is being asked …")
    page.get_by_role("link", name="Ask qBittorrent").click()
    page.wait_for_url(f"{site.url}/waiting/list")
    expect(page.locator("h1")).to_have_text("Waiting in qBittorrent")
    for address, above in {"/services": "/", "/waiting": "/waiting/list"}.items():
        visitor.go(address)
        page.wait_for_url(site.url + above)
        expect(page.locator("#menu")).to_be_attached()
