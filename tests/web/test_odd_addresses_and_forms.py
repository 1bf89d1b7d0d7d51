"""Addresses and forms that no page of ours makes are refused or ignored, and never an error of the server."""

from __future__ import annotations

import pytest
from django.test import Client

from scenes.models import Download

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scene_id", [2**63, 10**30])
@pytest.mark.parametrize("path", ["revert", "start", "screenshot", "strip", ""])
def test_a_scene_of_an_impossible_number_is_not_found(browser: Client, scene_id: int, path: str) -> None:
    address = f"/scenes/{scene_id}/{path}"
    is_form = path in ("revert", "start")
    answer = browser.post(address, {"all": 1, "type": "sync"}) if is_form else browser.get(address)
    assert answer.status_code in (302, 404)


def test_a_way_back_that_is_no_address_leads_to_a_page_of_ours(browser: Client) -> None:
    download = Download.objects.create(hash="0" * 40, name="x", outcome="failed")
    answer = browser.post("/downloads/release", {"download": download.pk}, headers={"referer": "foo"})
    assert answer.status_code == 302
    assert browser.post("/jobs/resume", {"next": "foo"}).status_code == 302


def test_a_search_of_very_many_words_is_answered(browser: Client) -> None:
    assert browser.get("/downloads/?q=" + "a+" * 100).status_code in (200, 302)


def test_a_need_that_there_is_not_does_not_say_that_nothing_needs_you(browser: Client) -> None:
    Download.objects.create(hash="0" * 40, name="x", outcome="failed")
    assert "Nothing needs you." not in browser.get("/needs/?need=zzz").text
