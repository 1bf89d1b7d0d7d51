"""While the database is away, pages and the API say so with a 503, and never with a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from jobs.web import tokens

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client() -> Client:
    user = get_user_model().objects.create_superuser("somebody", password="a-password")
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def token(client: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.create(get_user_model().objects.get())}"}


@pytest.fixture
def away(client: Client, token: dict[str, str]) -> Iterator[None]:
    """The database is where nobody finds it."""
    settings = connection.settings_dict
    before = dict(settings)
    connection.close()
    settings.update({"NAME": "/nowhere/at/all.sqlite3"} if connection.vendor == "sqlite" else {"PORT": "1"})
    yield
    connection.close()
    settings.update(before)


def is_said_plainly(response: Any) -> bool:
    text: str = response.content.decode()
    says_too_much = "Traceback" in text or "nowhere" in text
    return response.status_code == 503 and "database can" in text and not says_too_much


PAGES = ("/", "/jobs/", "/jobs/7a68b813-6fe6-454d-adfc-38b275ef79e1/", "/admin/", "/admin/jobs/job/")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_that_the_database_is_away_and_comes_again(client: Client, away: None, path: str) -> None:
    response = client.get(path)
    assert is_said_plainly(response)
    assert response.headers["Retry-After"] == "5"
    assert b'http-equiv="refresh" content="5"' in response.content


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_api_says_it_in_its_own_format(away: None, token: dict[str, str], method: str) -> None:
    client = Client(raise_request_exception=False, headers=token)
    body = {"job_type": "sync"} if method == "post" else {}
    response = getattr(client, method)("/api/jobs", body, content_type="application/json")
    assert is_said_plainly(response)
    assert response.json()["error"]["code"] == "database_away"
    assert response.headers["Retry-After"] == "5"


def test_that_the_process_lives_is_told_without_the_database(away: None) -> None:
    assert Client().get("/healthz").status_code == 200


def test_another_fault_stays_an_internal_error(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.web.views.ListQuery", None)
    assert client.get("/jobs/").status_code == 500
