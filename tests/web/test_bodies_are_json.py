"""A body of the API is JSON and says so, else 415; that it is too large is said first."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import Job

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
KINDS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "text/json", "", "x"]


def send(client: Client, kind: str, body: str = '{"job_type": "sync"}') -> Any:
    return client.generic("POST", "/api/jobs", body, content_type=kind)


@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_of_body_is_refused(program: Client, kind: str) -> None:
    answer = send(program, kind)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken(program: Client, kind: str) -> None:
    assert send(program, kind).status_code == 201


@pytest.mark.parametrize("body", ["[" * 100_000, "nul", '{"job_type": NaN}', "\xff", '{"job_type": "sync"} {}'])
def test_what_is_no_json_is_refused(program: Client, body: str) -> None:
    assert send(program, "application/json", body).status_code == 400


def test_what_takes_no_body_takes_none_of_any_kind(program: Client) -> None:
    job = send(program, "application/json").json()["id"]
    answer = program.generic("POST", f"/api/jobs/{job}/cancel", "", content_type="text/plain")
    assert answer.status_code == 200
