from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from scenes.web.needing.counting import recent_count
from tests.web.factories import make_token, make_user


@pytest.fixture(autouse=True)
def _settings(configure, settings) -> None:
    """No service is set; what a test needs it sets itself. Passwords need not be slow to guess here."""
    settings.HEALTH_SERVICES = []
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _what_needs_a_person_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the menu, for all pages of a test: so each takes the same queries, most of those of a small page."""
    monkeypatch.setattr("scenes.web.needing.counting.KEPT", 3600.0)
    recent_count.forget()


@pytest.fixture
def user(db) -> User:
    return make_user()


@pytest.fixture
def browser(user: User) -> Client:
    """Somebody who is logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def program(user: User) -> Client:
    """Somebody with an API token; CSRF is checked as for everybody."""
    return Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {make_token(user)}"})


@pytest.fixture
def no_lasting_connections() -> Iterator[None]:
    """PostgreSQL does not let a database go while the thread of an earlier read keeps a connection to it."""
    settings = connections["default"].settings_dict
    before = settings["CONN_MAX_AGE"]
    settings["CONN_MAX_AGE"] = 0
    yield
    settings["CONN_MAX_AGE"] = before
