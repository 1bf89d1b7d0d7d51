"""Environment over database over default; and what can't be used counts as unset, with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from scenes import configuration
from scenes.checks import check_configuration
from scenes.models import Setting

pytestmark = pytest.mark.django_db


def store(key: str, value: str, *, encrypted: bool = False) -> None:
    """As somebody's SQL does it."""
    Setting.objects.update_or_create(key=key, defaults={"value": value, "encrypted": encrypted})
    configuration.forget()


def test_the_environment_wins_over_the_database_and_that_over_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configuration.current().link_mode == "hardlink"
    store("link_mode", "copy")
    assert configuration.current().link_mode == "copy"
    monkeypatch.setenv("STASHHOG_LINK_MODE", "Move")
    assert configuration.current().link_mode == "move"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    store("link_mode", "copy")
    monkeypatch.setenv("STASHHOG_LINK_MODE", " ")
    assert configuration.current().link_mode == "copy"


def test_stored_texts_become_values_as_those_of_variables_do() -> None:
    store("library_path", "/mnt/library")
    store("qbittorrent_tags", "one, other")
    store("video_extensions", "default,*.iso")
    store("max_item_attempts", "7")
    config = configuration.current()
    assert config.library_path == Path("/mnt/library")
    assert config.qbittorrent_tags == ("one", "other")
    assert {"mp4", "iso"} <= config.video_extensions
    assert config.max_item_attempts == 7


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stash_url", "nas:9999"),
        ("max_item_attempts", "0"),
        ("link_mode", "symlink"),
        ("rubbish", "*"),
        ("path_map", "stash"),
        ("library_path", "relative"),
        ("tagger_threshold", "nan"),
    ],
)
def test_a_stored_value_that_can_not_be_used_counts_as_unset_and_is_said(
    key: str, value: str, admin: Client, command: Callable[..., str]
) -> None:
    default = getattr(configuration.current(), key)
    store(key, value)
    assert getattr(configuration.current(), key) == default
    problem = configuration.current().unusable[key]
    name = configuration.named_setting(key)
    assert problem.startswith((f"{name} (", f"{name} can't"))
    assert problem.endswith("What is stored counts as unset.")
    assert problem in command("list")
    assert "counts as unset" in admin.get("/settings/all/").content.decode()
    assert problem in [warning.msg for warning in check_configuration(None)]


def test_a_stored_value_of_a_setting_that_is_unknown_is_passed_over() -> None:
    store("of_a_newer_version", "x")
    assert configuration.current() == configuration.Configuration()


def test_a_malformed_variable_raises_whatever_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    store("link_mode", "copy")
    monkeypatch.setenv("STASHHOG_LINK_MODE", "symlink")
    with pytest.raises(ImproperlyConfigured, match=r"STASHHOG_LINK_MODE .*can't be used: give one of"):
        configuration.current()


def test_a_request_sees_what_another_process_has_changed(admin: Client) -> None:
    assert configuration.current().link_mode == "hardlink"
    Setting.objects.create(key="link_mode", value="copy")
    assert 'value="copy" selected' in admin.get("/settings/all/").content.decode()


def test_the_rows_are_read_once_for_a_request_however_often_somebody_asks(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):  # settings, and destinations
        for _ in range(100):
            configuration.current()
