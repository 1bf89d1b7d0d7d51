"""The home page says how each service is, and no service can make it slow."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from jobs.models import Supervisor
from scenes import configuration
from scenes.clients.qbittorrent.client import login_fingerprint
from scenes.configuration.destinations import DestinationRow
from scenes.models import Destination, RefusedLogin
from scenes.simulators.qbittorrent import Qbittorrent, running_qbittorrent
from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.tagger import Tagger, running_tagger
from scenes.web import health
from scenes.web.service_states import SERVICES, ServiceState, answered_state
from tests.clients.fakes import HANG, serving
from tests.web.factories import make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of services and folders
ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r'<li class="(\w+)"(?: data-awaited)?><span>(.*?)\s*</span>(?: <a [^>]*>Settings</a>)?</li>')
AT_MOST = 10.0  # seconds for the part, on a busy machine; a service that hangs does so for 30


@pytest.fixture(autouse=True)
def monitor(monkeypatch: pytest.MonkeyPatch) -> health.HealthMonitor:
    """With nothing asked before."""
    fresh = health.HealthMonitor()
    monkeypatch.setattr("scenes.web.health.monitor", fresh)
    return fresh


@pytest.fixture
def stash() -> Iterator[RunningStash]:
    with running_stash(api_key="a-secret-key") as simulator:
        yield simulator


@pytest.fixture
def qbittorrent(tmp_path) -> Iterator[Qbittorrent]:
    with running_qbittorrent(tmp_path) as simulator:
        yield simulator


@pytest.fixture
def tagger() -> Iterator[Tagger]:
    with running_tagger() as simulator:
        yield simulator


@pytest.fixture
def all_set(configure: Callable[..., Any], stash: RunningStash, qbittorrent: Qbittorrent, tagger: Tagger) -> Any:
    return configure(
        stash_url=stash.url,
        stash_api_key="a-secret-key",
        qbittorrent_url=qbittorrent.url,
        qbittorrent_username=qbittorrent.username,
        qbittorrent_password="not the password",
        tagger_url=tagger.url,
    )


def shown_states(browser: Client, address: str = "/services") -> dict[str, str]:
    """The sentences by their first words, each with how it is shown before it."""
    answer = browser.get(address)
    assert answer.status_code == 200
    lines = {unescape(text): word for word, text in LINE.findall(answer.text)}
    return {name: f"{word}: {text}" for text, word in lines.items() for name in NAMES if name in text.split(":")[0]}


NAMES = ("Stash", "qBittorrent", "ideo tagger", "orker")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_when_all_is_well_each_says_so(browser, all_set):
    Supervisor.objects.create(process="somebody", host="here", workers=4)
    assert shown_states(browser) == {
        "Stash": "fine: Stash answers.",
        "qBittorrent": "fine: qBittorrent answers.",
        "ideo tagger": "fine: Video tagger answers.",
        "orker": "fine: Worker is running.",
    }


def test_one_that_is_not_set_names_its_variable_on_the_page_itself(browser):
    for address in ("/", "/services"):
        lines = shown_states(browser, address)
        assert lines["Stash"].startswith("missing: No Stash is set. Give “Stash address” in the settings")
        assert lines["qBittorrent"].startswith(
            "missing: No qBittorrent is set. Give “qBittorrent address” in the settings"
        )
        assert lines["ideo tagger"].startswith("unset: No video tagger is set (“Tagger address” in the settings)")
        assert lines["orker"].startswith("bad: No worker is running")


def test_those_that_are_not_there_do_not_answer(browser, configure):
    url = f"http://admin:hunter22@127.0.0.1:{free_port()}"
    configure(stash_url=url, qbittorrent_url=url, tagger_url=url)
    answer = browser.get("/services").text
    assert "hunter22" not in answer
    for name in ("Stash", "qBittorrent", "Video tagger"):
        assert f'<li class="bad"><span>{name} does not answer: no connection to http://127.0.0.1' in answer
    assert "Is it running" in answer


def test_a_stash_that_refuses_the_key_says_so_without_the_key(browser, all_set, configure):
    configure(stash_api_key="the-wrong-secret")
    line = shown_states(browser)["Stash"]
    assert line.startswith("bad: Stash: refuses our key (401).") and "Copy the API key" in line
    assert "secret" not in browser.get("/services").text and "secret" not in browser.get("/").text


@pytest.mark.parametrize(("status", "words"), [("SETUP", "not set up yet"), ("NEEDS_MIGRATION", "database migration")])
def test_a_stash_that_waits_for_a_person_says_so(browser, configure, status, words):
    with running_stash(status=status) as stash:
        configure(stash_url=stash.url)
        assert words in shown_states(browser)["Stash"]


def test_a_tagger_that_loads_its_models_says_so(browser, configure):
    with running_tagger(loaded=False) as tagger:
        configure(tagger_url=tagger.url)
        assert "still loading its models" in shown_states(browser)["ideo tagger"]


def test_an_old_tagger_that_knows_no_question_about_itself_answers(browser, configure):
    with running_tagger(answers="older") as tagger:
        configure(tagger_url=tagger.url)
        assert shown_states(browser)["ideo tagger"] == "fine: Video tagger answers."


def test_something_else_at_the_address_is_not_taken_for_the_service(browser, configure):
    page = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"
    with serving(lambda request: page) as other:
        configure(stash_url=other.url, qbittorrent_url=other.url)
        lines = shown_states(browser)
        assert lines["Stash"].startswith("bad: ") and lines["qBittorrent"].startswith("bad: ")


def test_destinations_and_disk_are_looked_at_and_what_is_wrong_leads_to_where_it_is_put_right(
    browser, configure, tmp_path, monkeypatch
):
    configure(library_path=tmp_path)
    lines = all_lines(browser)
    assert "fine: Destinations: 1 folder can be written to." in lines
    assert [line for line in lines if re.match(r"fine: Disk: .* free\.", line)]
    monkeypatch.setattr(health, "FRESH", 0.0)
    monkeypatch.setattr("scenes.probes.space.is_low", lambda free, total: True)
    away = tmp_path / "away"
    configure(library_path=away)
    answer = browser.get("/services").text
    assert f"Destinations: The library folder {away}" in answer and "Mount or make it" in answer
    assert re.search(r'<li class="low"><span>Disk: .* free at .*Make room', answer)
    assert 'href="/settings/library/">Settings</a>' in answer
    assert 'class="overall bad"' in answer


def test_what_is_wrong_with_one_of_several_destinations_leads_to_where_all_of_them_are(browser, configure, tmp_path):
    away = str(tmp_path / "away")
    configure(library_path=tmp_path, destination_rows=(DestinationRow("VR", away, categories="vr"),))
    row = Destination.objects.create(name="VR", folder=away, categories="vr")
    (address,) = re.findall(r'destination “VR”.*? <a href="([^"]+)">Settings</a>', browser.get("/services").text)
    assert address == "/settings/#area-destinations"
    area = browser.get("/settings/").text.partition('id="area-destinations"')[2].partition("</section>")[0]
    assert re.search(rf'<li class="bad"><div><a href="/admin/scenes/destination/{row.pk}/change/">', area)


def all_lines(browser: Client) -> list[str]:
    return [f"{word}: {unescape(text)}" for word, text in LINE.findall(browser.get("/services").text)]


def test_a_death_shows_within_thirty_seconds():
    page = (ROOT / "jobs/static/jobs/page.js").read_text()
    again = int(re.search(r"LOAD_AGAIN = ([\d_]+);", page)[1].replace("_", "")) / 1000  # type: ignore[index]
    assert again + health.FRESH + health.LONGEST <= 30


# qBittorrent bans an address after five failed logins


def test_looking_never_logs_in_to_qbittorrent(browser, all_set, qbittorrent, monkeypatch):
    monkeypatch.setattr(health, "FRESH", 0.0)
    for _ in range(10):
        assert shown_states(browser)["qBittorrent"] == "fine: qBittorrent answers."
    assert qbittorrent.server.control.asked("app/version")
    assert not qbittorrent.server.control.asked("auth/login")


def test_a_refused_login_is_said_also_while_qbittorrent_answers(browser, all_set, qbittorrent):
    config = configuration.current()
    fingerprint = login_fingerprint(
        settings.SECRET_KEY, config.qbittorrent_url, config.qbittorrent_username, config.qbittorrent_password
    )
    RefusedLogin.objects.create(fingerprint=fingerprint, message="qBittorrent: refuses user and password.")
    for address in ("/services", "/"):
        assert shown_states(browser, address)["qBittorrent"] == "bad: qBittorrent: refuses user and password."
    assert not qbittorrent.server.control.asked("auth/login")


# Services that hang


@pytest.mark.parametrize("address", ["/", "/services"])
def test_a_service_that_hangs_costs_a_page_a_bounded_time_once(browser, configure, monkeypatch, address):
    monkeypatch.setattr(health, "FRESH", 0.0)
    with serving(lambda request: HANG) as hanging:
        configure(stash_url=hanging.url, qbittorrent_url=hanging.url, tagger_url=hanging.url)
        for most in (AT_MOST, AT_MOST - health.LONGEST + health.SOON):
            begin = time.monotonic()
            lines = shown_states(browser, address)
            assert time.monotonic() - begin < most
            for name in ("Stash", "qBittorrent", "ideo tagger"):
                assert "does not answer" in lines[name]


def test_one_that_hung_and_is_back_is_said_to_be_well_by_the_next_page(browser, all_set, stash, monkeypatch):
    monkeypatch.setattr(health, "FRESH", 0.0)
    stash.fault("hang", operation="SystemStatus", times=None)
    assert "does not answer" in shown_states(browser, "/")["Stash"]
    stash.clear_faults()
    wait(health.monitor.ask(all_set).values(), timeout=10)
    assert shown_states(browser, "/")["Stash"] == "fine: Stash answers."


def test_one_that_hangs_does_not_hide_how_the_others_are(browser, all_set, configure, stash):
    stash.fault("hang", operation="SystemStatus", times=None)
    lines = shown_states(browser)
    assert "does not answer" in lines["Stash"] and lines["qBittorrent"].startswith("fine")
    stash.clear_faults()


def test_the_page_itself_says_how_they_are_now(browser, all_set, qbittorrent, monkeypatch):
    """Without JavaScript nothing else does."""
    assert shown_states(browser, "/")["qBittorrent"] == "fine: qBittorrent answers."
    qbittorrent.server.go_away()
    monkeypatch.setattr(health, "FRESH", 0.0)
    assert "does not answer" in shown_states(browser, "/")["qBittorrent"]
    page = browser.get("/").text
    assert re.search(r"To put right: [^<]*qBittorrent", page) and "It works" not in page
    qbittorrent.server.come_back()


def test_many_who_look_at_once_ask_each_service_once(all_set, qbittorrent, monitor):
    with ThreadPoolExecutor(8) as viewers:
        start = threading.Barrier(8)

        def look(_: int) -> list[ServiceState]:
            start.wait(10)
            asked = monitor.ask(all_set)
            wait(asked.values(), timeout=10)
            return [answered_state(one, asked[one.name]) for one in SERVICES if one.name in asked]

        states = list(viewers.map(look, range(8)))
    assert all(state == states[0] for state in states)
    assert len(qbittorrent.server.control.asked("app/version")) == 1


def test_an_answer_is_kept_for_a_while_and_then_asked_for_again(browser, all_set, qbittorrent, monkeypatch):
    for _ in range(3):
        shown_states(browser)
    assert len(qbittorrent.server.control.asked("app/version")) == 1
    monkeypatch.setattr(health, "FRESH", 0.0)
    qbittorrent.server.go_away()
    assert "does not answer" in shown_states(browser)["qBittorrent"]
    qbittorrent.server.come_back()
    assert shown_states(browser)["qBittorrent"] == "fine: qBittorrent answers."


def test_an_error_that_nobody_foresaw_is_no_500(browser, all_set, monkeypatch, caplog):
    def broken(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("a-secret-key")

    monkeypatch.setattr("scenes.services.stash", broken)
    line = shown_states(browser)["Stash"]
    assert line == "bad: Stash could not be asked how it is: the log says why."


def test_who_may_look_at_the_library_sees_it_and_nobody_else(all_set):
    assert Client().get("/services").status_code == 302
    client, guest = Client(), make_user("guest", staff=False)
    client.force_login(guest)
    assert client.get("/services").status_code == 403
    guest.groups.add(Group.objects.get(name="viewer"))
    assert client.get("/services").status_code == 200
    assert client.post("/services").status_code == 405
