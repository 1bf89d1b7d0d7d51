"""A NUL character, or half of one, in the body of a request: no database takes it, so the answer is 400."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.scenes.analysis_factories import add_tag, make_plan, make_scene

pytestmark = pytest.mark.django_db


def send(client: Client, address: str, body: str) -> Any:
    return client.post(address, body, content_type="application/json")


@pytest.mark.parametrize("text", [r"a\u0000b", r"\\\u0000", r"\ud800", r"a\uDC00"])
@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/changes/approve", '{"tag": "%s"}'),
        ("/api/changes/rename-tag", '{"tag": "Dog", "name": "%s"}'),
        ("/api/jobs", '{"job_type": "apply_plan", "params": {"tag": "%s"}}'),
        ("/api/jobs", '{"job_type": "%s"}'),
        ("/api/settings/test", '{"path": "/%s"}'),
        ("/api/rules/try", '{"csv": "tag_name\\n%s"}'),
    ],
)
def test_it_is_refused_and_the_place_is_named(program: Client, address: str, body: str, text: str) -> None:
    make_scene(1)
    add_tag(make_plan(), 1, "Dog", status="proposed")
    answer = send(program, address, body % text)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["message"]


def test_the_place_is_named_however_deep(program: Client) -> None:
    answer = send(program, "/api/jobs", r'{"job_type": "sync", "params": {"x": [1, {"y": "\u0000"}]}}')
    assert answer.json()["error"]["message"] == "params.x.1.y: a text can't have a NUL character."
    answer = send(program, "/api/jobs", r'{"a\u0000b": 1}')
    assert answer.json()["error"]["message"] == "ab: a text can't have a NUL character."


@pytest.mark.parametrize("query", ["tag=%00", "kind=%00", "detector=a%00", "cursor=%00", "status=%00"])
def test_nor_does_an_address_take_it(program: Client, query: str) -> None:
    assert program.get(f"/api/changes?{query}").status_code == 400


@pytest.mark.parametrize("name", [r"a\\u0000", r"caf\u00e9 \ud83d\ude00"])
def test_what_only_looks_like_it_is_a_text_like_any_other(program: Client, name: str) -> None:
    make_scene(1)
    add_tag(make_plan(), 1, "Dog", status="proposed")
    assert send(program, "/api/changes/rename-tag", f'{{"tag": "Dog", "name": "{name}"}}').json()["renamed"] == 1
