"""The page of the settings: a card for each service, and a line of whatever else can be set, with how it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Schedule
from scenes.configuration import GROUPS, SERVICES, current, saving
from scenes.models import Destination, TagRule
from scenes.simulators.stash import running_stash
from stashhog.ops.notifications import channels
from stashhog.ops.notifications.models import Channel

pytestmark = pytest.mark.django_db
PAGE = "/settings/"


def card(page: str, key: str) -> str:
    """The text of a card or an area."""
    part = page.partition(f'aria-labelledby="{key}"')[2].partition("</section>")[0]
    assert part, f"no {key}"
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part)))


def test_each_service_has_a_card_with_its_fields_their_sources_and_a_test(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STASHHOG_STASH_URL", "http://127.0.0.1:9")
    saving.save({"stash_api_key": "the-key-of-stash", "qbittorrent_category": "films"})
    page = admin.get(PAGE).text
    stash = card(page, "card-stash")
    assert "http://127.0.0.1:9 set by STASHHOG_STASH_URL" in stash and "does not answer" in stash
    assert "is set, not shown from the database" in stash and "the-key-of-stash" not in page
    assert "films from the database" in card(page, "card-qbittorrent")
    for service in SERVICES:
        assert f'name="test" value="{service}"' in page
    for group in GROUPS:
        assert f'href="/settings/{group}/"' in page


def test_a_test_from_the_card_asks_the_service_now_and_says_what_is_wrong(admin: Client, no_hurry: None) -> None:
    with running_stash(api_key="the-key") as stash:
        saving.save({"stash_url": stash.url, "stash_api_key": "another"})
        page = admin.post("/settings/stash/", {"test": "stash"}).text
        assert "refuses" in page and "key" in page
        saving.save({"stash_api_key": "the-key"})
        assert "Stash answers." in admin.post("/settings/stash/", {"test": "stash"}).text


def test_a_path_is_tested_from_the_card(admin: Client, tmp_path: Path, no_hurry: None) -> None:
    library, downloads = tmp_path / "library", tmp_path / "downloads"
    library.mkdir()
    downloads.mkdir()
    (downloads / "film.mkv").write_text("x")
    saving.save({"library_path": str(library), "path_map": f"qbittorrent:/dl={downloads}"})
    page = admin.post("/settings/library/", {"test": "path", "tested_path": "/dl/film.mkv"}).text
    assert "Trial hard link" in page and "it can be made, and was removed again" in page
    assert list(library.iterdir()) == []


def test_a_group_shows_and_saves_its_own_settings_alone(admin: Client) -> None:
    page = admin.get("/settings/qbittorrent/").text
    assert 'name="qbittorrent_url"' in page and 'name="stash_url"' not in page
    admin.post("/settings/qbittorrent/", {"qbittorrent_category": "films", "stash_url": "http://other"})
    assert "films" in admin.get("/settings/qbittorrent/").text
    assert "http://other" not in admin.get("/settings/stash/").text


def test_destinations_say_whether_they_can_be_used(admin: Client, tmp_path: Path) -> None:
    saving.save({"library_path": str(tmp_path)})
    Destination.objects.create(name="VR", folder="/not/there", categories="vr")
    text = card(admin.get(PAGE).text, "area-destinations")
    assert "VR /not/there · Hard link, never a copy: not a folder that can be written to" in text
    assert (
        f"All others {tmp_path} · Hard link, never a copy" in text
        and f"{tmp_path} · Hard link, never a copy:" not in text
    )


def test_a_schedule_says_its_next_five_times(admin: Client) -> None:
    assert "somebody starts each run" in card(admin.get(PAGE).text, "area-schedule")
    Schedule.objects.create(name="Nightly", job_type="sync", cron="0 3 * * *", enabled=True)
    text = card(admin.get(PAGE).text, "area-schedule")
    assert text.count("03:00 UTC") == 5
    day = timezone.now() + timedelta(days=3)
    assert f"{day:%b %Y}, 03:00" in text


def test_a_channel_is_tested_from_there(admin: Client) -> None:
    assert "Nobody is told" in card(admin.get(PAGE).text, "area-notifications")
    channel = Channel(name="phone", causes=["review"])
    channels.set_address(channel, "json://127.0.0.1:9/")
    channels.store(channel, None)
    page = admin.get(PAGE).text
    assert f'action="/admin/notifications/channel/{channel.pk}/test/"' in page
    assert admin.post(f"/admin/notifications/channel/{channel.pk}/test/").status_code == 302


def test_rules_tokens_and_users_are_counted_and_made_from_there(admin: Client) -> None:
    TagRule.objects.create(tag_name="y")
    page = admin.get(PAGE).text
    assert "2 rules" in card(page, "area-rules") and "0 tokens" in card(page, "area-tokens")
    assert "root superuser" in card(page, "area-users")
    for address in ("/admin/jobs/apitoken/add/", "/admin/auth/user/add/", "/admin/scenes/tagrule/add/"):
        assert f'href="{address}"' in page


def test_who_may_only_look_is_offered_no_test_and_sees_what_they_may(somebody_with: Callable[..., Client]) -> None:
    page = somebody_with("view_setting", "view_tagrule").get(PAGE).text
    assert 'name="test"' not in page and "area-rules" in page and "area-users" not in page


def test_the_guide_saves_and_tests_as_the_settings_do(admin: Client) -> None:
    page = admin.post("/guide/services/", {"test": "stash", "stash_url": "http://127.0.0.1:9"}).text
    assert "Test: Stash" in page and current().stash_url == ""
    admin.post("/guide/services/", {"stash_url": "http://127.0.0.1:9"})
    assert current().stash_url == "http://127.0.0.1:9"
    assert "can&#x27;t be used" in admin.post("/guide/folders/", {"library_path": "not absolute"}).text
    assert admin.get("/guide/nothing/").status_code == 404


def test_an_unknown_group_is_not_there(admin: Client) -> None:
    assert admin.get("/settings/nothing/").status_code == 404
