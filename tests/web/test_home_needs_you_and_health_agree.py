"""The home page's sentence, what needs a person, and the strip of the services say the same."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from jobs.models import Supervisor
from scenes.simulators.qbittorrent import running_qbittorrent
from scenes.simulators.stash import running_stash
from scenes.web import health
from scenes.web.needing.counting import count_for, recent_count
from stashhog.ops.notifications.models import BackupAttempt
from tests.clients.fakes import HANG, serving

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of services and folders
BACKUPS = "stashhog.ops.backups.health.BACKUPS"


@pytest.fixture
def all_well(configure: Callable[..., Any], tmp_path: Path, settings: Any) -> Any:
    """Stash, qBittorrent, a folder with room, a worker, and a backup of now."""
    settings.HEALTH_SERVICES, settings.BACKUPS_DIR = [BACKUPS], tmp_path
    now = timezone.now()
    Supervisor.objects.create(process="here", host="here", heartbeat_at=now + timedelta(hours=1))
    BackupAttempt.objects.create(process="here", path="/x", begun_at=now, ended_at=now)
    with running_stash() as stash, running_qbittorrent(tmp_path) as qbittorrent:
        configure(stash_url=stash.url, qbittorrent_url=qbittorrent.url, library_path=tmp_path)
        yield configure
        wait_for_answers()


def wait_for_answers() -> None:
    """Of what a page asked, while the services are there."""
    wait(health.monitor.ask(health.configuration.current()).values(), timeout=30)


def no_backup_for_long() -> None:
    BackupAttempt.objects.all().delete()
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(days=365))


def titles(page: str) -> list[str]:
    return re.findall(r'<h2 id="title-[^"]*">([^<]+?)\s*<', page)


def verdict_of(part: str) -> str:
    return re.sub(r"<[^>]+>", "", part.partition('<p class="overall-head">')[2].partition("</p>")[0]).strip()


def looked(browser: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the strip says at once."""
    monkeypatch.setattr(health, "FRESH", 0.0)
    return str(browser.get("/services").text)


def test_while_all_is_well_nothing_needs_anybody(all_well: Any, browser: Client, user: User) -> None:
    strip = browser.get("/services").text
    assert verdict_of(strip) == "All well." and "Backups: the newest is a few seconds old." in strip
    assert titles(browser.get("/needs/").text) == [] and count_for(user) == 0
    assert "Nothing needs you" in browser.get("/").text


def test_a_service_that_is_away_needs_somebody_everywhere(
    all_well: Any, browser: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    all_well(stash_url=f"http://127.0.0.1:{port}")
    assert verdict_of(looked(browser, monkeypatch)) == "To put right: Stash."
    page, home = browser.get("/needs/").text, browser.get("/").text
    assert titles(page) == ["Stash"] and "Stash does not answer: no connection" in page
    assert 'href="/settings/stash/">Settings</a>' in page
    assert "To put right: Stash." in home and "Nothing needs you" not in home
    assert '<a class="needing-what" href="/needs/?need=service%3AStash"' in home
    assert titles(browser.get("/needs/?need=service:Stash").text) == ["Stash"]
    recent_count.forget()
    assert count_for(user) == 1
    assert re.search(r'>Needs you</span> <b class="count">1</b>', browser.get("/needs/").text)


def test_the_name_of_a_service_is_written_as_it_writes_itself(
    all_well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    all_well(qbittorrent_url=f"http://127.0.0.1:{port}")
    looked(browser, monkeypatch)
    page = browser.get("/needs/").text
    assert "qBittorrent does not answer: no connection" in page and "QBittorrent" not in page


def test_without_a_backup_in_time_it_works_and_needs_somebody(
    all_well: Any, browser: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_backup_for_long()
    strip = looked(browser, monkeypatch)
    assert '<li class="low"><span>Backups: None was made since the installation' in strip
    assert verdict_of(strip).startswith("It works, and 1 thing needs you.")
    page = browser.get("/needs/").text
    assert titles(page) == ["Backups"] and count_for(user) == 1 and page.count("None was made since") == 1
    assert "Backups: None" not in page, "the title is its name already"
    health_page = browser.get("/health/").text
    assert '<span class="health-text">None was made since' in health_page
    assert "<code>manage.py backup</code>" in health_page and "`" not in health_page


def test_a_new_installation_is_all_well_before_its_first_backup(
    all_well: Any, browser: Client, user: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Nobody has made the folder yet, which the first backup does."""
    BackupAttempt.objects.all().delete()
    settings.BACKUPS_DIR = settings.BACKUPS_DIR / "nobody" / "made"
    strip = looked(browser, monkeypatch)
    assert verdict_of(strip) == "All well." and "Backups: there is none yet." in strip
    assert titles(browser.get("/needs/").text) == [] and count_for(user) == 0
    finding = browser.get("/health/").text.partition("<strong>Backups</strong>")[2]
    assert finding.startswith(' <span class="health-text">there is none yet</span>')


def test_a_folder_that_can_not_be_read_needs_somebody_in_the_reader_s_language(
    all_well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("stashhog.ops.backups.attempts.newest_file", refuse)
    browser.cookies["stashhog_language"] = "de"
    assert "Permission denied" not in looked(browser, monkeypatch)
    assert "Keine Berechtigung" in looked(browser, monkeypatch)


def test_a_disk_that_is_almost_full_needs_somebody(
    all_well: Any, browser: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.probes.space.is_low", lambda free, total: True)
    assert verdict_of(looked(browser, monkeypatch)).startswith("It works, and 1 thing needs you.")
    assert titles(browser.get("/needs/").text) == ["Disk"] and count_for(user) == 1


def test_one_that_hangs_is_said_where_nobody_waits_for_it(
    all_well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LONGEST", 0.2)
    with serving(lambda request: HANG) as hanging:
        all_well(stash_url=hanging.url)
        assert verdict_of(looked(browser, monkeypatch)) == "To put right: Stash."
        assert titles(browser.get("/needs/").text) == ["Stash"]
        wait_for_answers()


def test_what_is_said_already_is_not_said_twice(browser: Client, configure: Callable[..., Any], user: User) -> None:
    """Without any service: what is not set is one thing to do, and the strip is not another one."""
    browser.get("/services")
    assert titles(browser.get("/needs/").text) == ["No worker is running", "Settings to be set"]
    assert count_for(user) == 2


def test_what_needs_a_person_is_looked_for_before_it_is_shown(all_well: Any, browser: Client) -> None:
    no_backup_for_long()
    page = browser.get("/needs/").text
    assert titles(page) == ["Backups"]
    assert re.search(r'>Needs you</span> <b class="count">1</b>', page), "the badge is of the same look"


def test_of_a_service_that_had_no_time_to_answer_it_says_as_of_when_and_then_what_it_answered(
    all_well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    with running_stash() as stash:
        all_well(stash_url=stash.url)
        stash.fault("hang", operation="SystemStatus", times=None)
        first, second = browser.get("/needs/").text, browser.get("/needs/").text
        assert titles(first) == titles(second) == ["Stash"]
        assert "being asked again" not in first, "it had all the time that there is"
        assert re.search(r"\(as of <time [^>]*>\d\d:\d\d UTC</time>, being asked again\)", second)
        assert "data-awaited" in second and "data-awaited" in browser.get("/services").text
        stash.clear_faults()
        wait_for_answers()
        last = browser.get("/needs/").text
    assert titles(last) == [] and "data-awaited" not in last


def test_one_that_was_well_and_is_asked_again_is_named_though_it_needs_nobody(
    all_well: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.get("/needs/")
    unanswered: dict[str, Future[Any]] = {"Stash": Future()}
    monkeypatch.setattr(health.HealthMonitor, "ask", lambda self, config: unanswered)
    monkeypatch.setattr(health, "LONGEST", 0.0)
    page = browser.get("/needs/").text
    assert titles(page) == []
    assert "Stash answers. (as of " in page and "being asked again)" in page
