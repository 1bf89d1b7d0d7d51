"""The page with all settings: what it shows, what it saves, and whom it lets in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from scenes import configuration
from scenes.configuration import DECLARED, GROUPS
from scenes.models import Setting
from scenes.simulators.qbittorrent import running_qbittorrent
from scenes.simulators.stash import running_stash

pytestmark = pytest.mark.django_db
PAGE = "/settings/all/"


def text_of(client: Client) -> str:
    return client.get(PAGE).content.decode()


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser would send, were nothing changed: the inputs, the ticked boxes and the chosen options."""
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and "disabled" not in tag and ("checkbox" not in tag or " checked" in tag):
            sent.setdefault(name[1], []).append(value[1] if value else "")
    for name, options in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = [chosen[1] if chosen else ""]
    sent.pop("csrfmiddlewaretoken", None)
    return sent


def save(client: Client, **changes: str | list[str]) -> str:
    answer = client.post(PAGE, fields_of(text_of(client)) | changes, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_setting_has_a_field_with_its_label_and_help_in_the_fieldset_of_its_service(admin: Client) -> None:
    page = text_of(admin)
    for group, name in GROUPS.items():
        assert f'id="group-{group}"' in page and name in page
    for key, one in DECLARED.items():
        assert f'name="{key}"' in page and one.label in page
    assert "<script>" not in page and "onclick" not in page and "<style" not in page


def test_what_is_typed_is_stored_and_read(admin: Client) -> None:
    page = save(admin, stash_url="http://nas:9999/", link_mode="copy", max_item_attempts="5")
    assert "Saved: " in page
    assert configuration.current().stash_url == "http://nas:9999"
    assert configuration.current().link_mode == "copy"
    assert configuration.current().max_item_attempts == 5
    assert page.count("from the database") == 3


def test_what_is_one_of_a_few_is_ticked_and_named_in_words(admin: Client) -> None:
    page = text_of(admin)
    assert "Video tagger" in page and "Hard link, or a copy where none can be made" in page
    save(admin, detectors=["detect_tags", "detect_media_tags"], generate=["covers"])
    config = configuration.current()
    assert config.detectors == {"detect_tags", "detect_media_tags"} and config.generate == {"covers"}
    assert Setting.objects.get(key="detectors").value == "detect_tags,detect_media_tags"


def test_nothing_ticked_means_none_where_there_is_such_a_word_and_is_refused_elsewhere(admin: Client) -> None:
    save(admin, detectors=[])
    assert configuration.current().detectors == {"none"}
    assert "checked" not in re.findall(r'<input[^>]*name="detectors"[^>]*>', text_of(admin))[0]
    assert "Choose at least one." in save(admin, generate=[])
    assert configuration.current().generate == configuration.Configuration().generate


def test_a_number_says_its_unit_and_its_value_as_people_read_it(admin: Client) -> None:
    page = save(admin, tagger_timeout="3700", not_visible_days="1")
    assert '<span class="unit">seconds</span>' in page and '<span class="unit">days</span>' in page
    for text in ("1 h 1 min 40 s, from the database", "1 day, from the database", "6 h, default"):
        assert text in page, text


CODE = re.compile(r"\b[a-z]+_[a-z_]+\b|docs/|\.md\b|\bWEB UI\b|/metrics")


def test_no_help_text_speaks_of_code(admin: Client) -> None:
    """But for what is typed: properties of media tags, and the argument by which a plugin knows its scenes."""
    allowed = {"media_tags": (), "metrics_networks": ("/metrics",), "plugin_tasks": ("scene_ids",)}
    for key, one in DECLARED.items():
        assert set(CODE.findall(one.help)) <= set(allowed.get(key, ())), key
        assert "(commas)" not in one.help and "yes has" not in one.help and one.help[0].isupper(), key


def test_saving_a_page_that_nobody_changed_stores_nothing(admin: Client) -> None:
    assert "Nothing was changed." in save(admin)
    assert not Setting.objects.exists() and not LogEntry.objects.exists()


def test_what_somebody_else_changed_meanwhile_is_kept(admin: Client) -> None:
    before = fields_of(text_of(admin))
    save(admin, link_mode="copy", tag_suffix="_tagger")
    admin.post(PAGE, before | {"max_item_attempts": "9"})
    config = configuration.current()
    assert (config.link_mode, config.tag_suffix, config.max_item_attempts) == ("copy", "_tagger", 9)


def test_an_emptied_field_and_a_ticked_box_mean_the_default(admin: Client) -> None:
    save(admin, link_mode="copy", max_item_attempts="5", stash_api_key="a-key")
    save(admin, max_item_attempts="", clear_link_mode="on", clear_stash_api_key="on")
    assert configuration.current() == configuration.Configuration()
    assert not Setting.objects.exists()


def test_a_wrong_value_is_said_at_its_field_and_nothing_is_saved(admin: Client) -> None:
    page = save(admin, stash_url="nas:9999", link_mode="copy", rubbish="*.*")
    assert "Stash address can&#x27;t be used: give an address such as http://localhost:9999." in page
    assert "Rubbish (&#x27;*.*&#x27;) can&#x27;t be used: give patterns" in page
    assert 'value="nas:9999"' in page
    assert not Setting.objects.exists()


def test_what_a_variable_sets_is_shown_as_such_and_not_taken(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASHHOG_STASH_URL", "http://nas:9999")
    page = text_of(admin)
    assert "set by STASHHOG_STASH_URL" in page and 'value="http://nas:9999"' in page
    assert re.search(r'<input[^>]*name="stash_url"[^>]*disabled', page)
    save(admin, stash_url="http://other:1", link_mode="copy")
    assert not Setting.objects.filter(key="stash_url").exists()
    assert configuration.current().link_mode == "copy"


def test_a_secret_is_never_in_the_page_and_an_empty_field_keeps_it(admin: Client) -> None:
    save(admin, stash_api_key="the-key-of-stash")
    page = save(admin, link_mode="copy")
    assert "the-key-of-stash" not in page
    assert re.search(r"Is set,\s+from the database", page)
    assert configuration.current().stash_api_key == "the-key-of-stash"


def test_the_password_in_an_address_is_never_in_the_page(admin: Client) -> None:
    save(admin, stash_url="http://me:hidden@nas:9999")
    page = save(admin, link_mode="copy")
    assert "hidden@" not in page and "http://me:***@nas:9999" in page
    assert configuration.current().stash_url == "http://me:hidden@nas:9999"
    assert "write it out" in save(admin, stash_url="http://me:***@other:9999")


def test_a_page_with_a_mistake_does_not_send_the_secret_back(admin: Client) -> None:
    assert "typed-just-now" not in save(admin, stash_api_key="typed-just-now", stash_url="nas")


def test_the_log_says_what_was_changed_and_no_secret(admin: Client) -> None:
    save(admin, stash_api_key="the-key-of-stash", link_mode="copy")
    save(admin, link_mode="", clear_stash_api_key="on")
    text = [(entry.object_id, entry.change_message) for entry in LogEntry.objects.order_by("pk")]
    assert sorted(text) == [
        ("link_mode", "Back to the default."),
        ("link_mode", "Changed to “copy”."),
        ("stash_api_key", "Back to the default."),
        ("stash_api_key", "Changed."),
    ]
    address = LogEntry.objects.filter(object_id="link_mode")[0].get_admin_url()
    assert admin.get(str(address))["Location"] == "/settings/files/#id_link_mode"


def test_who_may_only_look_can_not_change(somebody_with: Callable[..., Client]) -> None:
    client = somebody_with("view_setting")
    page = text_of(client)
    assert 'value="Save"' not in page and re.search(r'name="stash_url"[^>]*disabled', page)
    answer = client.post(PAGE, {"stash_url": "http://nas"})
    assert answer.status_code == 403 and "change_setting" in answer.content.decode()
    assert not Setting.objects.exists()


def test_who_may_change_can_without_being_a_superuser(somebody_with: Callable[..., Client]) -> None:
    save(somebody_with("view_setting", "change_setting"), link_mode="copy")
    assert Setting.objects.filter(changed_by__username="ada").count() == 1


def test_who_may_not_even_look_is_told_so(somebody_with: Callable[..., Client]) -> None:
    assert somebody_with("view_job").get(PAGE).status_code == 403


@pytest.mark.parametrize("value", ["a\x00b", "x" * 20_001])
def test_what_no_field_holds_is_refused_and_not_a_fault(admin: Client, value: str) -> None:
    assert "Nothing was saved." in save(admin, tag_suffix=value)


# Nobody gets a stored secret by having it sent somewhere


@pytest.mark.parametrize("what", ["stash", "path"])
def test_a_stored_key_is_not_sent_to_an_address_that_is_typed(admin: Client, what: str) -> None:
    with running_stash(api_key="the-key") as trap:
        save(admin, stash_url="http://127.0.0.1:9", stash_api_key="the-key", library_path="/mnt")
        sent = fields_of(text_of(admin)) | {"stash_url": trap.url, "test": what, "tested_path": "/x"}
        page = admin.post(PAGE, sent).content.decode()
        assert "is not sent to another address" in page and trap.requests == []
        page = admin.post(PAGE, sent | {"stash_api_key": "the-key"}).content.decode()
        assert "is not sent to another address" not in page and trap.requests != []
        trap.forget_requests()
        admin.post(PAGE, sent | {"clear_stash_api_key": "on"})
        assert trap.requests != [], "without any key it may be asked"


def test_a_stored_password_is_not_sent_to_an_address_that_is_typed(admin: Client, tmp_path: Path) -> None:
    with running_qbittorrent(tmp_path) as trap:
        save(admin, qbittorrent_url="http://127.0.0.1:9", qbittorrent_username="admin", qbittorrent_password="pw")
        sent = fields_of(text_of(admin)) | {"qbittorrent_url": trap.url, "test": "qbittorrent"}
        page = admin.post(PAGE, sent).content.decode()
        assert "is not sent to another address" in page
        assert not trap.server.control.asked("/auth/login")


def test_what_is_stored_is_tested_with_the_stored_key(admin: Client) -> None:
    with running_stash(api_key="the-key") as stash:
        save(admin, stash_url=stash.url, stash_api_key="the-key")
        sent = fields_of(text_of(admin)) | {"test": "stash"}
        assert "Stash answers." in admin.post(PAGE, sent).content.decode()
        # The same address, spelled otherwise.
        assert "Stash answers." in admin.post(PAGE, sent | {"stash_url": f"{stash.url}/"}).content.decode()
