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

from stashhog.env import Env
from tests.processes import ROOT

REFUSED = [
    ("flag", "perhaps"),
    ("number", "ten"),
    ("number", "-1"),
    ("integer", "1.5"),
    ("host", "a host"),
    ("address", "8000"),
    ("address", "127.0.0.1:99999"),
    ("pairs", "old"),
    ("pairs", "old=new=newer"),
    ("folder", "relative/path"),
    ("url", "ftp://nas"),
    ("url", "http://"),
    ("redis", "http://nas:6379"),
]
EXTRA: dict[str, list[Any]] = {"number": [1.0], "integer": [1], "address": ["127.0.0.1:8000"]}


def look(kind: str, value: str) -> object:
    act: Callable[..., object] = getattr(Env({"NAME": value}), kind)
    return act("NAME", *EXTRA.get(kind, []))


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_a_malformed_value_is_refused_by_its_name_and_says_what_to_give(kind: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"NAME.* can't be used: give|NAME.* can't be used: write"):
        look(kind, value)


@pytest.mark.parametrize("kind", ["url", "redis"])
def test_an_address_with_a_password_is_not_shown(kind: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        look(kind, "gopher://me:secret@nas")
    assert "secret" not in str(refused.value)


def test_an_empty_value_is_as_good_as_none() -> None:
    assert [look("number", " "), look("url", ""), look("folder", ""), look("redis", "")] == [1.0, "", None, ""]


def test_redis_is_given_up_after_two_seconds_unless_the_address_says_otherwise() -> None:
    assert str(look("redis", "redis://nas:6379/0")).endswith("?socket_timeout=2&socket_connect_timeout=2")
    assert look("redis", "redis://nas/0?socket_timeout=9") == "redis://nas/0?socket_timeout=9"


@pytest.mark.parametrize(("name", "value"), [("STASHHOG_LEASE", "soon"), ("STASHHOG_STASH_URL", "nas:9999")])
def test_the_start_ends_with_the_sentence(tmp_path: Path, name: str, value: str) -> None:
    environment = os.environ | {"STASHHOG_DATA_DIR": str(tmp_path), name: value}
    command = [sys.executable, "manage.py", "check"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert f"{name}" in answer.stderr and "can't be used: give" in answer.stderr
