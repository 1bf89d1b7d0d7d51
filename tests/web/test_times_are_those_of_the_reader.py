"""Each time on a page is an element that a script writes in the reader's zone; without it, the server's is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jobs.models import Schedule
from jobs.texts.times import here
from scenes.models import SyncState
from tests.web.data_on_pages import types_of_the_product
from tests.web.permissions.stage import Stage
from tests.web.test_every_page_is_translated import addresses

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates
MOMENT = datetime(2026, 12, 1, 0, 7, 8, tzinfo=UTC)
NO_TEXT = r"<(time|pre|script|style|textarea|select)\b.*?</\1>|<[^>]+>"
OTHER_APPS = "Attempted Access: "
WALL_CLOCK = "/admin/jobs/quiethours/"  # by the clock of the zone that it names
CLOCK = r"\b\d\d:\d\d\b|\b\d{4}-\d\d-\d\d\b"


def outside_of_times(page: str) -> list[str]:
    """Times in the text of a page that no script can write otherwise."""
    texts = re.sub(NO_TEXT, "\n", page, flags=re.S).splitlines()
    return [text.strip() for text in texts if re.search(CLOCK, text) and OTHER_APPS not in text]


def test_no_page_has_a_time_that_is_no_element(monkeypatch: pytest.MonkeyPatch) -> None:
    types_of_the_product(monkeypatch)
    stage = Stage()
    stage.add_the_rest()
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    SyncState.load()
    SyncState.objects.update(watermark=timezone.now(), completed_at=timezone.now())
    naked: dict[str, list[str]] = {}
    for address in set(addresses()) - {WALL_CLOCK}:
        answer = client.get(stage.filled(address))
        if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            naked[address] = outside_of_times(answer.text)
    assert {address: times for address, times in naked.items() if times} == {}


def test_the_server_names_its_zone() -> None:
    written = '<time datetime="2026-12-01T{}" data-local="{}">{}</time>'
    assert here(MOMENT) == written.format("00:07:08+00:00", "j M Y, H:i", "1 Dec 2026, 00:07 UTC")
    with timezone.override("Europe/Berlin"):
        assert here(MOMENT, "log") == written.format("01:07:08+01:00", "j M, H:i:s", "1 Dec, 01:07:08 CET")


def test_a_schedule_that_is_not_enabled_has_no_next_times(browser: Client) -> None:
    row = Schedule.objects.create(name="Nightly", job_type="process_new_scenes", cron="0 2 * * *", enabled=True)
    pages = ("/admin/jobs/schedule/", f"/admin/jobs/schedule/{row.pk}/change/")
    with time_machine.travel(MOMENT, tick=False):
        for page in pages:
            assert "Tue 1 Dec 2026, 02:00 UTC</time>" in browser.get(page).text
        Schedule.objects.update(enabled=False)
        for page in pages:
            assert "02:00" not in browser.get(page).text


def test_lines_of_the_whole_log_have_seconds(browser: Client) -> None:
    with time_machine.travel(MOMENT, tick=False):
        stage = Stage()
    page = browser.get(f"/jobs/{stage.active.pk}/log").text
    assert "1 Dec, 00:07:08 UTC</time>" in page


def test_the_history_of_a_row_has_them_too(browser: Client, user: User) -> None:
    row = Schedule.objects.create(name="Nightly", job_type="process_new_scenes", cron="0 2 * * *", enabled=True)
    with time_machine.travel(MOMENT, tick=False):
        LogEntry.objects.log_actions(user.pk, [row], CHANGE, "Changed.", single_object=True)
    page = browser.get(f"/admin/jobs/schedule/{row.pk}/history/").text
    assert "1 Dec 2026, 00:07 UTC</time>" in page and "Changed." in page
