"""How a service is was found by one process: the first page of another one, or of a restarted one, says so."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Supervisor
from scenes.models import LastFound
from scenes.simulators.qbittorrent import running_qbittorrent
from scenes.simulators.stash import running_stash
from scenes.web import health, last_found
from scenes.web.home.views import how_it_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def well(configure: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Services that answer, as often as they are asked."""
    monkeypatch.setattr(health, "FRESH", 0.0)
    Supervisor.objects.create(process="here", host="here", heartbeat_at=timezone.now() + timedelta(hours=1))
    with running_stash() as stash, running_qbittorrent(tmp_path) as qbittorrent:
        configure(stash_url=stash.url, qbittorrent_url=qbittorrent.url, library_path=tmp_path)
        yield configure, stash


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def another_process(monkeypatch: pytest.MonkeyPatch) -> health.HealthMonitor:
    """Which has looked at nothing."""
    fresh = health.HealthMonitor()
    monkeypatch.setattr(health, "monitor", fresh)
    return fresh


def stash_on(page: str) -> str:
    return re.sub("<[^>]+>", "", next(line for line in page.split("<li class=")[1:] if ">Stash" in line)).strip()


def known() -> str:
    """How it is as pages show it, by what is known without asking."""
    return render_to_string("scenes/_services.html", how_it_is(health.monitor.last_known(), 0))


def level_of(page: str) -> str:
    return re.findall(r'<div class="overall (\w+)">', page)[0]


def test_a_death_is_said_by_the_first_page_of_another_process_with_its_time(
    well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, stash = well
    first = health.monitor
    stash.go_away()
    browser.get("/services")
    second = another_process(monkeypatch)
    page = known()
    assert level_of(page) == "bad" and "Stash does not answer: no connection" in stash_on(page)
    assert re.search(r"\(found \d+ \w+, \d\d:\d\d UTC\s*\)", stash_on(page)) and "data-local" in page
    another_process(monkeypatch)
    assert "Stash does not answer" in browser.get("/needs/").text
    # Both have looked; the one that looks later is right for both.
    stash.come_back()
    monkeypatch.setattr(health, "monitor", first)
    browser.get("/services")
    monkeypatch.setattr(health, "monitor", second)
    assert "Stash: all well. (found" in stash_on(known())
    monkeypatch.setattr(health, "monitor", first)
    assert stash_on(known()).endswith("Stash answers."), "it has just asked, and needs no time"


def test_that_it_was_well_long_ago_says_nothing_of_now(
    well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.get("/services")
    LastFound.objects.update(found_at=timezone.now() - timedelta(seconds=health.KNOWN + 1))
    another_process(monkeypatch)
    page = known()
    assert level_of(page) == "unknown" and "Stash is being asked" in stash_on(page)


def test_what_was_found_at_another_address_says_nothing(
    well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure, stash = well
    configure(stash_url=f"http://127.0.0.1:{free_port()}")
    browser.get("/services")
    assert "does not answer" in stash_on(known())
    configure(stash_url=stash.url)
    assert "Stash is being asked" in stash_on(known())


def test_it_is_written_when_it_changes_and_now_and_then(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, stash = well

    def written() -> int:
        with CaptureQueriesContext(connection) as captured:
            health.monitor.states()
        return sum("INSERT" in query["sql"] for query in captured.captured_queries)

    assert [written() for _ in range(3)] == [1, 0, 0]
    stash.go_away()
    assert [written() for _ in range(2)] == [1, 0]
    stash.come_back()
    assert [written() for _ in range(2)] == [1, 0]
    monkeypatch.setattr(last_found, "AGAIN", timedelta(0))
    assert written() == 1, "others are to know that it is so still"


def test_it_costs_the_page_one_query(well: Any, browser: Client) -> None:
    browser.get("/services")
    with CaptureQueriesContext(connection) as captured:
        health.monitor.last_known()
    assert sum("lastfound" in query["sql"] for query in captured.captured_queries) == 1
    assert len(captured) <= 2, "with that of a refused login"
