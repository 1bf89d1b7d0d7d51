"""A login alone changes nothing: it takes the CSRF token of a page, too, or an API token in place of the login."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.web.factories import make_token, make_user
from tests.web.permissions import table
from tests.web.permissions.stage import Stage

pytestmark = pytest.mark.django_db
CHANGING = [route for route in table.ROUTES if route[0] != "GET" and table.ROUTES[route] != table.OPEN]
FOREIGN = {"origin": "https://evil.example", "referer": "https://evil.example/"}


@pytest.mark.parametrize("headers", [{}, FOREIGN], ids=["without a token", "from another site"])
def test_every_request_that_changes_something_is_refused_without_it(headers: dict[str, str]) -> None:
    stage = Stage()
    stage.add_the_rest()
    client = Client(enforce_csrf_checks=True, headers=headers)
    client.force_login(make_user())
    before = stage.all_rows()
    for method, address in CHANGING:
        body = json.dumps(stage.body(address))
        answer = client.generic(method, stage.filled(address), body, content_type="application/json")
        refused = 401 if address.startswith("/api/triggers/") else 403  # no login opens that, only a token of its own
        assert answer.status_code == refused, f"{method} {address}: {answer.status_code}"
    assert len(CHANGING) > 100 and stage.all_rows() == before


def test_an_api_token_needs_none_since_no_browser_sends_it_by_itself() -> None:
    client = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {make_token(make_user())}", **FOREIGN})
    assert client.post("/api/jobs", {"job_type": "sync"}, content_type="application/json").status_code == 201


def test_a_token_in_an_address_or_a_cookie_lets_nobody_in() -> None:
    token = make_token(make_user())
    for query in ("token", "access_token", "api_key", "authorization"):
        assert Client().get(f"/api/jobs?{query}={token}").status_code == 401
    client = Client()
    client.cookies["authorization"] = f"Bearer {token}"
    assert client.get("/api/jobs").status_code == 401
