"""`manage.py settings`: list, set and unset."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable

import pytest

from scenes import configuration
from scenes.configuration import DECLARED
from scenes.models import Setting

pytestmark = pytest.mark.django_db


def test_list_shows_each_setting_with_its_value_and_source(
    command: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STASHHOG_TAG_SUFFIX", "_tagged")
    command("set", "link_mode", "copy")
    lines = command("list").splitlines()
    assert "  tag_suffix = _tagged (set by STASHHOG_TAG_SUFFIX)" in lines
    assert "  link_mode = copy (from the database)" in lines
    assert "  cleanup = keep (default)" in lines
    assert "  stash_url = – (not set)" in lines


def test_list_as_json_is_json_and_has_every_setting(command: Callable[..., str]) -> None:
    command("set", "max_item_attempts", "7")
    rows = {row["key"]: row for row in json.loads(command("list", "--json"))}
    assert list(rows) == list(DECLARED)
    assert rows["max_item_attempts"]["value"] == 7 and rows["max_item_attempts"]["source"] == "database"


@pytest.mark.parametrize("name", ["stash_url", "STASHHOG_STASH_URL"])
def test_a_key_or_its_variable_names_a_setting(command: Callable[..., str], name: str) -> None:
    assert command("set", name, "http://nas:9999") == "stash_url is set.\n"
    assert configuration.current().stash_url == "http://nas:9999"
    assert command("unset", name) == "stash_url is back to its default.\n"
    assert configuration.current().stash_url == ""
    assert command("unset", name) == "Nothing was changed.\n"


def test_a_secret_comes_from_stdin_and_not_from_the_command_line(
    command: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "A secret on a command line" in command("set", "qbittorrent_password", "pa ss")
    assert not Setting.objects.exists()
    monkeypatch.setattr(sys, "stdin", io.StringIO("pa ss #word\n"))
    assert command("set", "qbittorrent_password", "-") == "qbittorrent_password is set.\n"
    assert configuration.current().qbittorrent_password == "pa ss #word"
    assert "pa ss" not in command("list") + command("list", "--json")
    assert "qbittorrent_password = (is set) (from the database)" in command("list")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("stash_url", "nas:9999", "stash_url can't be used: give an address"),
        ("stash_ulr", "http://nas", "There is no setting 'stash_ulr'. Is it stash_url"),
        ("whatever", "x", "`settings list` names them all"),
        ("link_mode", "symlink", "link_mode ('symlink') can't be used: give one of"),
        ("path_map", "stash:/a", "path_map ('stash:/a') can't be used: write service:"),
        ("max_item_attempts", "1.5", "max_item_attempts ('1.5') can't be used: give a whole number"),
        ("path_map", ";", "path_map (';') can't be used: write service:"),
        ("path_map", "stash:/a=/b;stash:/a=/c", "give each prefix of a service once"),
        ("path_map", "stash:/a/../b=/c", "give paths without .."),
        ("path_map", "stash:/a=/c/..", "give paths without .."),
        ("video_extensions", "none", "give at least one extension"),
        ("qbittorrent_handled_tag", "done,seen", "give one tag, without a comma"),
        ("stash_url", "http://me:pass@nas", "A secret on a command line"),
        ("stash_url", "http://me:pass@[", "A secret on a command line"),
        ("tag_suffix", "a\nb", "give a text without line breaks"),
        ("tag_suffix", " ", "`settings unset tag_suffix`"),
    ],
)
def test_what_can_not_be_is_refused_with_a_sentence(
    command: Callable[..., str], key: str, value: str, message: str
) -> None:
    assert message in command("set", key, value)
    assert not Setting.objects.exists()


def test_what_a_variable_sets_is_not_stored(command: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASHHOG_LINK_MODE", "copy")
    assert "link_mode is set by STASHHOG_LINK_MODE, which wins" in command("set", "link_mode", "move")
    assert not Setting.objects.exists()
