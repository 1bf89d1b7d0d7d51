"""GET and PATCH /api/settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from scenes import configuration
from scenes.configuration import DECLARED
from scenes.models import Setting
from tests.web.factories import make_token, make_user

pytestmark = pytest.mark.django_db
URL = "/api/settings"


def patch(client: Client, body: Any) -> Any:
    return client.patch(URL, body, content_type="application/json")


def test_all_are_listed_and_secrets_without_their_value(program: Client) -> None:
    patch(program, {"stash_api_key": "the-key-of-stash", "max_item_attempts": 5})
    answer = program.get(URL)
    rows = {row["key"]: row for row in answer.json()}
    assert list(rows) == list(DECLARED)
    assert b"the-key-of-stash" not in answer.content
    key = rows["stash_api_key"]
    assert (key["value"], key["is_set"], key["is_secret"], key["source"]) == (None, True, True, "database")
    assert (rows["max_item_attempts"]["value"], rows["max_item_attempts"]["source"]) == (5, "database")
    assert (rows["link_mode"]["value"], rows["link_mode"]["source_text"]) == ("hardlink", "default")
    assert rows["stash_url"]["is_set"] is False and rows["stash_url"]["help"]


def test_several_are_changed_at_once_and_null_is_the_default(program: Client) -> None:
    assert patch(program, {"link_mode": "copy", "tagger_threshold": 0.5}).status_code == 200
    assert configuration.current().tagger_threshold == 0.5
    assert patch(program, {"link_mode": None}).status_code == 200
    assert configuration.current().link_mode == "hardlink"
    assert Setting.objects.filter(changed_by__username="robot").count() == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"link_mode": "copy", "stash_url": "nas"}, "stash_url can't be used"),
        ({"link_mode": "copy", "nothing": "x"}, "There is no setting 'nothing'"),
        ({"link_mode": ["copy"]}, "link_mode: give a text, a number, or null for its default"),
        ({"tag_suffix": "_x", "stash_poll": 10**400}, "stash_poll"),
        ({"link_mode": "x" * 20_000}, "give one of"),
        ({"link_mode": "copy", "tag_suffix": "a\x00"}, "tag_suffix"),
        ({"link_mode": "copy", "tag_suffix": "\ud800"}, ""),
        ({"link_mode": "copy", "max_item_attempts": 1e300}, "max_item_attempts"),
        ({"link_mode": True}, "link_mode"),
        ({"link_mode": "copy", "STASHHOG_LINK_MODE": "move"}, "give it once"),
        (["link_mode"], ""),
        ({f"key{number}": "x" for number in range(1000)}, "settings"),
    ],
)
def test_all_or_nothing_and_a_sentence(program: Client, body: Any, message: str) -> None:
    answer = patch(program, body)
    assert answer.status_code == 400, answer.content
    assert message in answer.json()["error"]["message"] and len(answer.content) < 1000
    assert not Setting.objects.exists()


@pytest.mark.parametrize(
    ("value", "text"), [(123456789012345678, "123456789012345678"), (0.1, "0.1"), (4.0, "4"), (-0.0, "-0"), (7, "7")]
)
def test_a_number_is_stored_as_it_was_sent(program: Client, value: float, text: str) -> None:
    assert patch(program, {"tag_suffix": value}).status_code == 200
    assert configuration.current().tag_suffix == text


def test_a_whole_number_is_shown_as_one(program: Client) -> None:
    patch(program, {"max_item_attempts": 7})
    (row,) = [one for one in program.get(URL).json() if one["key"] == "max_item_attempts"]
    assert str(row["value"]) == "7"


def test_what_a_variable_sets_is_refused(program: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASHHOG_LINK_MODE", "copy")
    answer = patch(program, {"link_mode": "move"})
    assert answer.status_code == 400 and "STASHHOG_LINK_MODE" in answer.json()["error"]["message"]


def test_looking_and_changing_each_take_their_permission(somebody_with: Callable[..., Client]) -> None:
    looks = somebody_with("view_setting")
    assert looks.get(URL).status_code == 200
    assert patch(looks, {"link_mode": "copy"}).status_code == 403
    nobody = Client(headers={"authorization": f"Bearer {make_token(make_user('guest', staff=False))}"})
    assert nobody.get(URL).status_code == 403
    assert Client().get(URL).status_code == 401
