"""One place: the menu is beside every page, and a drawer on a phone; the admin is no place of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.screenshots import PAGES, show

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Something is on every page."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.runs = {"run": site.do("scenery()"), **site.do("big_runs()")}  # type: ignore[attr-defined]
    yield site
    site.close()


AXE = Axe()
MISSING = "Failed to load resource: the server responded with a status of 404 (Not Found)"  # what else could it say
CUT_OFF = "[...document.querySelectorAll('#changelist-form .results')].some((one) => one.scrollWidth > one.clientWidth)"
SEVERE = ("serious", "critical")


def found_by_axe(page: Page) -> list[str]:
    """What is seriously wrong for who can't see well, or uses no mouse: a line each."""
    found = AXE.run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in SEVERE
        for node in one["nodes"][:4]
    ]


def test_every_page_fits_and_can_be_read_by_everybody(site, visit):
    """In light and dark, wide and on a phone, with right-to-left titles, emoji and very long names."""
    visitor, wrong = visit(width=1280), []
    page = visitor.page
    for name, address in PAGES.items():
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        show(page, site.url + address.format(**site.runs))
        expect(page.locator("header.top .brand")).to_be_visible()
        for width, scheme in ((1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))")
            sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            if sizes[0] > sizes[1]:
                wrong.append(f"{name} {width}: {sizes[0]} wide")
            if page.evaluate(CUT_OFF):
                wrong.append(f"{name} {width}: columns of the list are cut off")
            wrong += [f"{name}: {problem}" for problem in visitor.complaints if problem != MISSING]
            wrong += [f"{name} {width} {scheme}: {problem}" for problem in found_by_axe(page)]
            visitor.complaints.clear()  # axe makes the browser complain, too
    assert not wrong, "\n".join(wrong)


def test_the_admins_forms_can_be_filled_in_by_everybody(site, visit):
    """Those with fields that Django's own admin names for nobody, or with a chooser of its own."""
    visitor, wrong = visit(width=1280), []
    for form in (
        "jobs/apitoken/add/",
        "auth/group/add/",
        "auth/group/1/change/",
        "auth/user/add/",
        "auth/user/1/change/",
    ):
        for width, scheme in ((1280, "light"), (390, "dark")):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            visitor.page.emulate_media(color_scheme=scheme)
            show(visitor.page, f"{site.url}/admin/{form}")
            wrong += [f"{form} {width}: {problem}" for problem in found_by_axe(visitor.page)]
            if visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{form} {width}: too wide")
    visitor.complaints.clear()  # axe makes the browser complain, too
    assert not wrong, "\n".join(wrong)


def test_on_a_phone_all_rows_of_a_list_of_the_admin_are_chosen_at_once(site, visit):
    page = visit(width=390).page
    page.goto(f"{site.url}/admin/scenes/scene/")
    heading = page.locator("th", has=page.locator("#action-toggle"))
    problem = heading.evaluate("(cell) => getComputedStyle(cell, '::after').content")
    assert problem.strip('"').startswith("Select all")
    page.check("#action-toggle")
    boxes = page.locator(".action-select")
    assert page.locator(".action-select:checked").count() == boxes.count() > 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


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
    expect(menu.get_by_role("link", name="Change the password of")).to_be_visible()
    menu.get_by_role("link", name="Library").click()
    expect(page.locator("h1")).to_have_text("Scenes")
    expect(menu).to_be_hidden()


def test_beside_a_wide_page_the_menu_is_always_there_and_says_where_one_is(visit):
    visitor, places = visit(), []
    expect(visitor.page.locator("#menu").get_by_role("link", name="Change the password of")).to_be_hidden()
    for address, label in (("/", "Home"), ("/jobs/", "History"), ("/admin/scenes/tag/", "Tags")):
        visitor.go(address)
        here = visitor.page.locator("#menu [aria-current=page]")
        expect(here).to_have_count(1)
        expect(here).to_be_visible()
        expect(here).to_have_text(label)
        assert visitor.page.locator("h1").bounding_box()["x"] > 228
        places.append(visitor.page.locator("#menu").get_by_role("link", name="Home").bounding_box())
    assert places == places[:1] * 3
