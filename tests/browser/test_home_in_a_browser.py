"""The home page: its buttons can be read, and it says how the services are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Page, expect

from scenes.simulators.stash import RunningStash, running_stash
from tests.browser.conftest import Site

pytestmark = pytest.mark.acceptance

WIDTHS = (390, 800, 1280)
LONG = "A_very_long_name_without_any_space_" * 7 + ".mp4"
REASON = "It can't be linked from /downloads/" + LONG + " to /library/" + LONG + ": no room. Make room. " * 8


@pytest.fixture(scope="module")
def stash() -> Iterator[RunningStash]:
    with running_stash(api_key="the-right-key") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory: pytest.TempPathFactory, stash: RunningStash) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("home")
    site = Site(folder, STASHHOG_STASH_URL=stash.url, STASHHOG_STASH_API_KEY="the-wrong-key")
    site.do("make_user()")
    yield site
    site.close()


@pytest.fixture
def troubles(site: Site) -> None:
    models = "__import__('scenes.models').models"
    site.do(f"{models}.Download.objects.all().delete()")
    for number, (name, message) in enumerate(
        [("Short", "Why."), (LONG, REASON), ("Dawn over the harbour.mkv", REASON)]
    ):
        site.do(
            f"{models}.Download.objects.create(hash='{number}' * 40, name={name!r}, message={message!r}, "
            "save_path='/x', outcome='quarantined')"
        )


def box(page: Page, selector: str, index: int = 0) -> FloatRect:
    found = page.locator(selector).nth(index).bounding_box()
    assert found
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_retry_button_is_one_line_beside_a_long_name_and_message(
    visit: Any, troubles: None, width: int, scheme: str
):
    visitor = visit(width=width, color_scheme=scheme)
    visitor.go("/needs/")
    page, buttons = visitor.page, visitor.page.locator(".need-items button")
    expect(buttons).to_have_count(3)
    for index in range(3):
        button = box(page, ".need-items button", index)
        assert button["width"] > 1.5 * button["height"] and button["height"] < 40
        assert button["x"] + button["width"] <= width
        assert box(page, ".need-items li:has(button) > div", index)["width"] > width / 2 - 60
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is scrolled to the side"


@pytest.mark.parametrize("width", WIDTHS)
def test_every_button_of_a_page_is_wider_than_tall(visit: Any, site: Site, troubles: None, width: int):
    run = site.do("make_run('failed', at=3)")
    visitor = visit(width=width)
    for address in ("/", "/needs/", "/jobs/", f"/jobs/{run}/"):
        visitor.go(address)
        buttons = visitor.page.locator("main button:visible")
        assert buttons.count()
        for index in range(buttons.count()):
            shape = buttons.nth(index).bounding_box()
            assert shape and shape["width"] > shape["height"], (address, buttons.nth(index).inner_text())


def test_releasing_from_the_page_lets_the_next_run_try_it_again(visit: Any, site: Site, troubles: None):
    visitor = visit(width=390)
    visitor.go("/needs/")
    visitor.page.get_by_role("button", name="Retry: Short").click()
    expect(visitor.page.locator(".need-items button")).to_have_count(2)


def test_the_page_says_how_the_services_are_soon_and_is_not_slow_while_one_hangs(
    visit: Any, site: Site, stash: RunningStash
):
    visitor = visit(width=390)
    services = visitor.page.locator(".services")
    expect(services).to_contain_text("Stash: refuses our key (401).")
    expect(services).to_contain_text("No qBittorrent is set. Give “qBittorrent address” in the settings")
    expect(services).to_contain_text("No worker is running")
    assert "-key" not in visitor.page.content()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not [text for text in visitor.complaints if "Content Security" in text]

    stash.do(lambda: setattr(stash.simulator.settings, "latency", 60.0))
    site.go_away()
    site.come_back()  # it knows nothing yet
    begin = time.monotonic()
    visitor.page.goto(f"{site.url}/", wait_until="domcontentloaded")
    expect(visitor.page.locator("h1")).to_be_visible()
    assert time.monotonic() - begin < 30, "the page does not wait for it"
    expect(services).to_contain_text("Stash does not answer:")
    stash.do(lambda: setattr(stash.simulator.settings, "latency", 0.0))


@pytest.mark.parametrize("language", ["en", "de"])
def test_both_charts_stand_on_one_line_whatever_their_words_take(visit: Any, language: str):
    visitor = visit(width=1280, locale=language)
    visitor.go("/")
    page = visitor.page
    names = [f".chart.{chart} {part}" for part in ("svg", ".ends") for chart in ("scenes", "errors")]
    # At one moment: what comes above them meanwhile moves all.
    where = "(names) => names.map((name) => document.querySelector(name).getBoundingClientRect().toJSON())"
    scenes, errors, first, second = page.evaluate(where, names)
    assert (scenes["y"], scenes["height"]) == (errors["y"], errors["height"])
    assert scenes["width"] == pytest.approx(errors["width"], abs=1)
    assert first["y"] == second["y"] and first["y"] - scenes["y"] - scenes["height"] < 20


def test_an_open_page_leads_to_the_guide_no_more_once_the_first_run_has_ended(visit: Any, site: Site):
    site.do("Download.objects.all().delete()")
    visitor = visit()
    lead = visitor.page.get_by_role("heading", name="Set up StashHog")
    expect(lead).to_be_visible()
    visitor.is_live()
    run = site.do("make_run()")
    site.do(f"make_sub_job(Job.objects.get(pk='{run}'), 'process_downloads', 'process_downloads', 'completed')")
    site.do(f"change(Job.objects.get(pk='{run}'), status='completed', percent=100, single_flight='')")
    expect(lead).to_have_count(0)
