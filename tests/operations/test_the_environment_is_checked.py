"""Environment variables: a malformed value stops the start with a sentence that names it; secrets are not shown."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from scenes import configuration
from scenes.env import Env
from tests.processes import ROOT

pytestmark = pytest.mark.one_database

REFUSED = [
    ("flag", "perhaps"),
    ("number", "ten"),
    ("number", "-1"),
    ("number", "inf"),
    ("number", "nan"),
    ("number", "1e300"),
    ("number", "1_0"),
    ("number", "٣"),
    ("number", "0x10"),
    ("integer", "1.5"),
    ("integer", "٣"),
    ("integer", "inf"),
    ("choice", "loud"),
    ("time_zone", "Mars/X"),
    ("time_zone", "Europe"),
    ("time_zone", "../etc/passwd"),
    ("host", "a host"),
    ("address", "8000"),
    ("address", "127.0.0.1:99999"),
    ("address", "127.0.0.1:0"),
    ("address", "127.0.0.1:٨٠"),
    ("address", "300.0.0.1:8000"),
    ("address", "::1:8000"),
    ("address", "[::g]:8000"),
    ("address", "[127.0.0.1]:8000"),
    ("address", "[]:8000"),
    ("address", "http://nas:8000"),
    ("address", "my nas:8000"),
    ("pairs", "old"),
    ("pairs", "old=new=newer"),
    ("pairs", ","),
    ("pairs", "old=new,old=newer"),
    ("names", " , ,"),
    ("folder", "relative/path"),
    ("folder", "/mnt/library/../other"),
    ("url", "ftp://nas"),
    ("url", "http://"),
    ("url", "http://["),
    ("url", "http://nas:99999"),
    ("url", "http://my nas"),
    ("url", "http://nas:9999?apikey=x"),
    ("url", "http://nas:9999#settings"),
    ("url", "http://nas:9999/?"),
    ("url", "http://."),
    ("url", "http://-"),
    ("url", "http://nas%zz"),
    ("url", "http://300.0.0.1"),
    ("url", "http://nas;x"),
    ("url", "http://nas\\x"),
    ("url", "http://<nas>"),
    ("url", "http://nas,http://other"),
    ("url", "http://a..b"),
    ("url", "http://" + "a" * 64),
    ("url", "http://nas\u200b"),
    ("url", "http://[::1]x"),
    ("redis", "redis://["),
    ("database", "postgres://["),
    ("redis", "http://nas:6379"),
    ("hosts", "http://nas"),
    ("hosts", "nas:8000"),
    ("hosts", "192.168.1.0/24"),
    ("hosts", "::/0"),
    ("hosts", "nas/stashhog"),
    ("hosts", "*.lan"),
    ("hosts", "::1"),
    ("hosts", "[::1]:8000"),
    ("hosts", "[::g]"),
    ("hosts", "300.0.0.1"),
    ("hosts", "nas lan"),
    ("hosts", "localhost,nas lan"),
    ("hosts", ","),
    ("origins", "nas.example.com"),
    ("origins", "nas.example.com:8443"),
    ("origins", "https://nas/stashhog"),
    ("origins", "https://nas?x=1"),
    ("origins", "https://"),
    ("origins", "https://*"),
    ("origins", "https://me:secret@nas"),
    ("origins", "ws://nas"),
    ("origins", "https://nas:99999"),
    ("origins", "https://a b"),
    ("networks", "*"),
    ("networks", "proxy"),
    ("networks", "0.0.0.0/0"),
    ("networks", "::/0"),
    ("networks", "172.18.0.1/16"),
    ("networks", "127.0.0.1 172.18.0.2"),
    ("networks", ","),
    ("base_path", "stashhog"),
    ("base_path", "https://nas/stashhog"),
    ("base_path", "//evil.example"),
    ("base_path", "/a/../b"),
    ("base_path", "/."),
    ("base_path", "/a b"),
    ("base_path", "/a?b"),
    ("base_path", "/%2e"),
]
EXTRA: dict[str, list[Any]] = {
    "number": [1.0],
    "integer": [1],
    "address": ["127.0.0.1:8000"],
    "choice": [{"INFO", "hardlink"}, "INFO"],
    "time_zone": ["UTC"],
    "hosts": ["localhost"],
    "database": [""],
}


def look(kind: str, value: str) -> object:
    act: Callable[..., object] = getattr(Env({"NAME": value}), kind)
    return act("NAME", *EXTRA.get(kind, []))


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_a_malformed_value_is_refused_by_its_name_and_says_what_to_give(kind: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"NAME.* can't be used: (give|write|put|a network)"):
        look(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("url", "gopher://me:secret@nas"),
        ("redis", "gopher://me:secret@nas"),
        ("origins", "gopher://me:secret@nas"),
        ("origins", "https://me:secret@nas/path"),
    ],
)
def test_an_address_with_a_password_is_not_shown(kind: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        look(kind, value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "value", ["nas", "nas.lan", ".lan", "192.168.1.5", "[::1]", "localhost,127.0.0.1,[fe80::1]", "my_nas", "*"]
)
def test_hosts_are_taken_as_they_are(value: str) -> None:
    assert look("hosts", value) == value.split(",")


@pytest.mark.parametrize(
    "value",
    [
        *(
            "http://nas:9999",
            "HTTPS://Nas.lan",
            "http://192.168.1.5:80/stash",
            "http://[fe80::1]:9999",
            "http://my_nas",
        ),
        *("http://me:pass%20word@nas", "http://bücher.example", "http://xn--bcher-kva.example", "http://nas./x@y"),
    ],
)
def test_addresses_of_services_are_taken_as_they_are(value: str) -> None:
    assert look("url", value) == value


def test_an_origin_is_written_as_a_browser_writes_it() -> None:
    given = "https://Nas.Example.com/, https://nas:443,http://nas:80,https://nas:8443,https://*.lan,http://[::1]:8000"
    assert look("origins", given) == [
        *("https://nas.example.com", "https://nas", "http://nas", "https://nas:8443"),
        *("https://*.lan", "http://[::1]:8000"),
    ]


def test_trusted_proxies_are_addresses_and_networks() -> None:
    given = look("networks", "127.0.0.1, 172.18.0.0/16,fd00::/8")
    assert isinstance(given, list) and [str(one) for one in given] == ["127.0.0.1/32", "172.18.0.0/16", "fd00::/8"]


@pytest.mark.parametrize(
    ("value", "path"), [("", ""), ("/", ""), ("/stashhog", "/stashhog"), ("/a/b.c/", "/a/b.c"), ("/..a", "/..a")]
)
def test_a_base_path_has_no_slash_at_its_end(value: str, path: str) -> None:
    assert look("base_path", value) == path


def test_an_empty_value_is_as_good_as_none() -> None:
    assert [look("number", " "), look("url", ""), look("folder", ""), look("redis", "")] == [1.0, "", None, ""]


def test_redis_is_given_up_after_two_seconds_unless_the_address_says_otherwise() -> None:
    assert str(look("redis", "redis://nas:6379/0")).endswith("?socket_timeout=2&socket_connect_timeout=2")
    assert look("redis", "redis://nas/0?socket_timeout=9") == "redis://nas/0?socket_timeout=9"


def test_capitals_do_not_matter_in_a_choice() -> None:
    assert [look("choice", "info"), look("choice", "HardLink"), look("choice", "")] == ["INFO", "hardlink", "INFO"]


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STASHHOG_LEASE", "soon"),
        ("STASHHOG_LEASE", "inf"),
        ("STASHHOG_RETRY_DELAY", "inf"),
        ("STASHHOG_NO_PROGRESS", "1e300"),
        ("STASHHOG_STASH_URL", "nas:9999"),
        ("STASHHOG_STASH_URL", "http://["),
        ("STASHHOG_LOG_LEVEL", "loud"),
        ("STASHHOG_TIME_ZONE", "Mars/X"),
        ("STASHHOG_ALLOWED_HOSTS", "http://nas"),
        ("STASHHOG_TRUSTED_ORIGINS", "https://nas/stashhog"),
    ],
)
def test_the_start_ends_with_the_sentence_alone(tmp_path: Path, name: str, value: str) -> None:
    answer = start(tmp_path, **{name: value})
    assert answer.returncode == 1
    (message,) = answer.stderr.splitlines()
    assert name in message and "can't be used: give" in message


@pytest.mark.acceptance
def test_a_log_level_may_be_written_small(tmp_path: Path) -> None:
    assert start(tmp_path, STASHHOG_LOG_LEVEL="info").returncode == 0


def start(data: Path, **values: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"STASHHOG_DATA_DIR": str(data)} | values
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "value", ["127.0.0.1:8000", "0.0.0.0:1", "[::]:65535", "[fe80::1]:80", "localhost:80", "my_nas-2.lan:8000"]
)
def test_an_address_to_listen_on_is_taken_as_it_is(value: str) -> None:
    assert look("address", value) == value


def test_a_variable_by_its_old_name_is_refused_and_the_new_one_named() -> None:
    old, new = "STASHHOG_MAX_TRIES", "STASHHOG_MAX_ITEM_ATTEMPTS"
    with pytest.raises(ImproperlyConfigured, match=f"{old} can't be used: it is called {new} now"):
        configuration.read(Env({old: "3"}))
    assert configuration.read(Env({new: "5", old: " "})).max_item_attempts == 5
