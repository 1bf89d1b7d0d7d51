"""Whatever an examination can find wrong is said by the home page, its badge, "Needs you" and Health alike."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Pause, Schedule, Supervisor
from scenes import configuration
from scenes.configuration import SERVICES
from scenes.configuration.saving import save
from scenes.models import Setting
from scenes.web import health
from scenes.web.needing.counting import recent_count
from stashhog.ops import doctor, needing
from stashhog.ops.doctor import kept
from stashhog.ops.notifications.models import Channel, Message
from tests.operations.test_the_doctor import SPOILED, Place
from tests.operations.test_the_doctor import place as place
from tests.web.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True)]
NEVER_BAD = {"https"}
PAGES_ARE_AWAY = {"database"}
SUM = {"needs_you"}  # of all that needs a person


def missed(place: Place) -> None:
    row = Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *", enabled=True)
    row.occurrences.create(due_at=timezone.now(), outcome="missed", message="No worker was running.")


def forgotten_pause(place: Place) -> None:
    Pause.objects.create(begun_at=timezone.now() - timedelta(days=2))


def failing_channel(place: Place) -> None:
    Channel.objects.create(name="phone", secret="x", error="No connection.", failures=3)


def lost_message(place: Place) -> None:
    channel = Channel.objects.create(name="phone", secret="x")
    Message.objects.create(channel=channel, cause="run_failed", title="A run failed", status="given_up")


# Beside those of the doctor's own tests: what is spoiled → how, and which finding says so.
OTHERS: dict[str, tuple[Callable[[Place], object], str]] = {
    "a missed time": (missed, "schedule"),
    "a forgotten pause": (forgotten_pause, "pause"),
    "a channel that fails": (failing_channel, "notifications"),
    "a lost message": (lost_message, "notifications"),
    "a setting of no use": (lambda place: Setting.objects.create(key="batch_size", value="many"), "setting"),
    "a language model away": (
        lambda place: save({"llm_url": "http://127.0.0.1:9", "llm_model": "x"}),
        "language_model",
    ),
    "a disk that is full": (lambda place: None, "space"),
    "a folder that hangs": (lambda place: None, "disk"),
    "tables to make": (lambda place: None, "migrations"),
}
BROKEN: dict[str, tuple[Callable[[Place], object], str]] = {
    **{what: (spoil, key) for what, (spoil, key, *_) in SPOILED.items()},
    **OTHERS,
}


@pytest.fixture
def browser(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Somebody who is logged in; what pages ask ends while the services are there."""
    monkeypatch.setattr(health, "FRESH", 0.0)
    monkeypatch.setattr(health, "LONGEST", 20.0)  # on a busy machine
    Supervisor.objects.update(heartbeat_at=timezone.now() + timedelta(hours=1))
    client = Client()
    client.force_login(make_user())
    yield client
    wait(health.monitor.ask(configuration.current()).values(), timeout=30)


def break_code(monkeypatch: pytest.MonkeyPatch, key: str, place: Place) -> None:
    """What no row and no file can bring about here."""
    if key == "space":
        for where in ("scenes.probes.space.is_low", "stashhog.ops.doctor.disks.is_low"):
            monkeypatch.setattr(where, lambda free, total: True)
    if key == "disk":
        monkeypatch.setattr("stashhog.ops.doctor.disks.that_hang", lambda folders: {place.downloads})
    if key == "migrations":
        needing.are_applied.cache_clear()
        for module in ("needing", "doctor.database"):
            monkeypatch.setattr(f"stashhog.ops.{module}.unapplied", lambda: 1)


def warnings_of(browser: Client) -> tuple[str, int, int]:
    """The level of home's overall status, what "Needs you" lists, and the badge beside its entry of the menu."""
    recent_count.forget()
    home, page = browser.get("/").text, browser.get("/needs/").text
    level = re.findall(r'<div class="overall (\w+)">', home)[0]
    badge = re.findall(r'>Needs you</span> <b class="count">(\d+)</b>', home)
    return level, page.count('<h2 id="title-'), int(badge[0]) if badge else 0


def level_of(page: str) -> str:
    return re.findall(r'class="health-status (\w+)"', page)[0]


def test_while_all_is_well_all_of_them_say_so(place: Place, browser: Client) -> None:
    browser.get("/services")
    assert warnings_of(browser) == ("ok", 0, 0), browser.get("/needs/").text
    assert level_of(browser.get("/health/").text) == "ok"
    assert warnings_of(browser) == ("ok", 0, 0), "nothing was kept"


@pytest.mark.parametrize("what", BROKEN)
def test_each_warning_is_said_by_all_of_them(
    place: Place, browser: Client, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    spoil, key = BROKEN[what]
    spoil(place)
    break_code(monkeypatch, key, place)
    browser.get("/services")
    if key in kept.NEEDS_BY_FINDING and not any(name.startswith("service:") for name in kept.NEEDS_BY_FINDING[key]):
        assert warnings_of(browser)[1], "it is known from rows, before anybody examines all"
    page = browser.get("/health/").text
    level, listed, badge = warnings_of(browser)
    assert level_of(page) != "ok" and level in ("bad", "person")
    assert listed == badge > 0


def test_what_was_kept_of_an_examination_goes_with_the_next_one(place: Place, browser: Client) -> None:
    save({"qbittorrent_category": "xyz"})
    browser.get("/services")
    assert warnings_of(browser)[1] == 0, "nobody has examined it"
    browser.get("/health/")
    page = browser.get("/needs/").text
    assert (
        "What an examination found" in page
        and "Correct “qBittorrent category”" in page
        and 'href="/health/">Look again' in page
    )
    save({"qbittorrent_category": None})
    assert level_of(browser.get("/health/").text) == "ok"
    assert warnings_of(browser) == ("ok", 0, 0)


def test_a_pause_of_today_needs_nobody(place: Place, browser: Client) -> None:
    Pause.objects.create(begun_at=timezone.now() - timedelta(hours=3))
    browser.get("/services")
    assert warnings_of(browser) == ("paused", 0, 0) and level_of(browser.get("/health/").text) == "ok"


def test_each_kind_of_finding_there_is_in_the_code_is_among_these_tests() -> None:
    found: set[str] = set()
    for file in Path(str(doctor.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            is_finding = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("found", "Finding", "of_probe")
            if is_finding and node.args and isinstance(key := getattr(node.args[0], "value", None), str):  # type: ignore[attr-defined]
                found.add(key)
    kinds = (found | set(SERVICES)) - NEVER_BAD - PAGES_ARE_AWAY - SUM
    assert kinds == {key for _, key in BROKEN.values()}, "Make one that is bad, above: it has to be said everywhere."
    assert set(kept.NEEDS_BY_FINDING) <= kinds


def test_each_service_of_the_strip_is_among_what_examinations_look_at() -> None:
    needs_of_findings = {name for causes in kept.NEEDS_BY_FINDING.values() for name in causes}
    names: set[Any] = {f"service:{one.name}" for one in health.all_services()}
    assert names <= needs_of_findings
