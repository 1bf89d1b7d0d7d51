"""Of a login that ended a page says so; who presses a button is asked to log in, and then is where the button is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.acceptance
NOT_DONE = "what you pressed was not done"
BUTTONS = {
    "/": "form.start button.primary",
    "/needs/?page=1": "button[name=release-one]",
    "/downloads/": ".page-head form button",
    "/settings/stash/": ".save-bar [type=submit]",
}


@pytest.fixture(scope="module")
def whole_site(whole_site: Site) -> Site:
    models = "__import__('scenes.models').models"
    whole_site.do(
        f"{models}.Download.objects.create(hash='a' * 40, name='Short', message='Why.', save_path='/x', "
        "outcome='quarantined')"
    )
    return whole_site


def log_in(page: Page) -> None:
    page.fill("#id_username", "ada")
    page.fill("#id_password", "a long password")
    page.click("form [type=submit]:not([name=language])")


@pytest.mark.parametrize("address", ["/", "/needs/?page=1", "/downloads/", "/settings/stash/"])
def test_a_button_pressed_too_late_leads_back_to_its_page(visit: Any, site: Site, address: str) -> None:
    visitor = visit()
    page: Page = visitor.page
    visitor.go(address)
    page.context.clear_cookies(name="stashhog_session")
    page.locator(BUTTONS[address]).first.click()
    page.wait_for_url("**/admin/login/**")
    log_in(page)
    page.wait_for_url(site.url + address)
    expect(page.locator(".message")).to_contain_text(NOT_DONE)
    assert site.do("Job.objects.count()") == 0
    visitor.go(address)
    expect(page.locator(".message", has_text=NOT_DONE)).to_have_count(0)


def test_the_address_of_a_button_is_a_page_that_leads_to_the_button_s_page(visit: Any, site: Site) -> None:
    visitor = visit()
    page: Page = visitor.page
    for address, above in {"/needs/act": "/needs/", "/jobs/start": "/jobs/", "/language": "/", "/logout": "/"}.items():
        visitor.go(address)
        page.get_by_role("link", name="To the page with the button").click()
        page.wait_for_url(site.url + above)


# Pages that are live hear of it; these ask when somebody comes back to them.
@pytest.mark.parametrize("address", ["/settings/stash/", "/downloads/", "/review/", "/admin/scenes/scene/"])
def test_a_page_that_is_not_live_says_that_somebody_logged_out_in_another_tab(
    visit: Any, site: Site, address: str
) -> None:
    visitor = visit()
    page: Page = visitor.page
    visitor.go(address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    other = page.context.new_page()
    other.goto(f"{site.url}/settings/stash/")
    with other.expect_navigation():
        other.locator("form[action='/logout'] button").click()
    assert not [url for url in asked if url.endswith("/jobs/alive")], "nobody looks at it"
    come_back_to(page)
    expect(page.locator("#live")).to_contain_text("You are logged out.")
    expect(page.locator("#live a")).to_have_attribute("href", site.url + address)
    log_in(other)
    other.wait_for_load_state()
    come_back_to(page)
    expect(page.locator("#live")).to_be_hidden()
    assert visitor.complaints == []


def come_back_to(page: Page) -> None:
    """As a browser tells a page whose tab is shown again: without a screen no tab ever is hidden."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
