"""From an empty installation to the end of its first run, by what is on the pages: clicked, or by the keyboard."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from scenes.simulators.qbittorrent import NewFile, Qbittorrent, running_qbittorrent
from scenes.simulators.stash.running import RunningStash, running_stash
from scenes.simulators.videos import make_video
from tests.browser.conftest import ROOT, Site, Visitor

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

FILM = "Harbour/Harbour at Dawn.mp4"
WHOLE_RUN = 180_000  # milliseconds; a busy machine is slow
MOST_TABS = 150  # until what is looked for has the focus


@dataclass(frozen=True)
class Services:
    """What there is before StashHog: a film in qBittorrent, and a Stash with an empty library."""

    stash: RunningStash
    qbittorrent: Qbittorrent
    downloads: Path
    library: Path


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    downloads, library = tmp_path / "downloads", tmp_path / "library"
    library.mkdir()
    with running_stash([library]) as stash, running_qbittorrent(downloads) as qbittorrent:
        film = make_video(downloads / FILM, seconds=2, size=(64, 36), title="Harbour", seed=1)
        qbittorrent.add_torrent("Harbour", [NewFile(FILM, film.stat().st_size)])
        make_video(film, seconds=2, size=(64, 36), title="Harbour", seed=1)
        yield Services(stash, qbittorrent, downloads, library)


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """With no setting at all, and a worker."""
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder)
    site.do("make_user()")
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, env=site.environment, stdout=site.log, stderr=site.log
    )
    yield site
    worker.terminate()
    worker.wait(60)
    site.close()


class Mouse:
    """Presses what it sees, and types into it."""

    def __init__(self, page: Page):
        self.page = page

    def press(self, role: Any, name: str) -> None:
        self.reach(self.page.get_by_role(role, name=name).first)

    def reach(self, what: Locator) -> None:
        what.click()

    def fill(self, field: str, text: str) -> None:
        self.page.locator(f"#{field}").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f"input[name={name}][value={value}]").click()


class Keyboard(Mouse):
    """Has no mouse: it gets everywhere by Tab."""

    def focus(self, what: Locator) -> None:
        expect(what).to_be_visible()
        for _ in range(MOST_TABS):
            if what.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{what} can't be reached by Tab.")

    def reach(self, what: Locator) -> None:
        self.focus(what)
        self.page.keyboard.press("Enter")

    def fill(self, field: str, text: str) -> None:
        self.focus(self.page.locator(f"#{field}"))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, name: str, value: str) -> None:
        boxes = self.page.locator(f"input[name={name}]")
        self.focus(boxes.first)
        self.page.keyboard.press("Space")
        for _ in range(boxes.count()):
            if self.page.locator(f"input[name={name}][value={value}]").is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} can't be chosen by the keyboard.")


def step_is(page: Page, title: str) -> None:
    expect(page.locator("#guide-step")).to_contain_text(title)
    sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] <= sizes[1], f"{title} is wider than the screen: {sizes}"


def sets_services(hand: Mouse, services: Services) -> None:
    """Tests both before anything is saved."""
    page, login = hand.page, services.qbittorrent
    step_is(page, "Services")
    hand.fill("id_stash_url", services.stash.url)
    hand.press("button", "Test Stash")
    expect(page.locator(".results .state")).to_have_class("state fine")
    hand.fill("id_qbittorrent_url", login.url)
    hand.fill("id_qbittorrent_username", login.username)
    hand.fill("id_qbittorrent_password", login.password)
    hand.press("button", "Test qBittorrent")
    expect(page.locator(".results .state")).to_have_class("state fine")
    hand.fill("id_qbittorrent_password", login.password)
    hand.reach(page.locator("p.acts > input[value=Save]"))
    hand.press("link", "Go on: Folders")


def sets_folders(hand: Mouse, services: Services) -> None:
    """A mapping that is needed for nothing, and a trial link."""
    page, downloads = hand.page, services.downloads
    step_is(page, "Folders")
    hand.fill("id_library_path", str(services.library))
    hand.fill("id_path_map", f"qbittorrent:{downloads}={downloads}")
    hand.fill("tested-path", str(downloads / FILM))
    hand.press("button", "Test this path")
    expect(page.locator(".results")).to_contain_text("ard link")
    expect(page.locator(".results .state")).to_have_class("state fine")
    assert not list(services.library.rglob("*.mp4")), "the trial link is removed again"
    hand.reach(page.locator("p.acts > input[value=Save]"))
    hand.press("link", "Go on: What is there already")


def decides(hand: Mouse) -> None:
    step_is(hand.page, "What is there already")
    expect(hand.page.get_by_text("1 finished torrent that a run would take")).to_be_visible()
    hand.choose("torrents", "take")
    hand.press("button", "Decide")
    hand.press("link", "Go on: Dry run")


def starts(hand: Mouse, button: str) -> None:
    """And watches it to its end, without the page being loaded again."""
    hand.press("button", button)
    expect(hand.page.locator(".card-title .badge")).to_contain_text("Completed", timeout=WHOLE_RUN)


def goes_on_from_home(hand: Mouse) -> None:
    hand.press("link", "StashHog")
    hand.press("link", "Go on with the guide")


@pytest.mark.parametrize(("hands", "width"), [(Mouse, 1280), (Mouse, 390), (Keyboard, 1280)])
def test_the_guide_leads_to_the_first_run(
    chromium: Any, empty_site: Site, services: Services, hands: type[Mouse], width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(60_000)
    visitor = Visitor(context, empty_site.url)
    hand = hands(visitor.page)
    hand.press("link", "Begin")
    sets_services(hand, services)
    sets_folders(hand, services)
    decides(hand)
    step_is(visitor.page, "Dry run")
    starts(hand, "Start a dry run")
    expect(visitor.page.locator(".report")).to_contain_text(FILM)
    assert not list(services.library.rglob("*.mp4")), "it writes nothing"
    goes_on_from_home(hand)
    step_is(visitor.page, "First run")
    starts(hand, "Process new scenes")
    assert [path.name for path in services.library.rglob("*.mp4")] == ["Harbour at Dawn.mp4"]
    hand.press("link", "StashHog")
    expect(visitor.page.get_by_text("Set up StashHog")).to_have_count(0)
    assert visitor.complaints == []
    context.close()
