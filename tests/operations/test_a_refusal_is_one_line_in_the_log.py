"""Whoever asks for what he may not have fills no log, however often: a line each. Errors keep their traceback."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.web.factories import make_user

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of the log


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What goes to stderr, as the settings have it."""
    handler = next(one for one in logging.getLogger().handlers if one.name == "console")
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


@pytest.fixture
def browser() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user("ada"))
    return client


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [("/admin/scenes/setting/add/", "localhost", 403), ("/jobs/", "nowhere.example", 400)],
)
def test_a_refusal_is_a_line(browser: Client, log: io.StringIO, address: str, host: str, status: int) -> None:
    assert browser.get(address, headers={"host": host}).status_code == status
    (line,) = log.getvalue().splitlines()
    assert "WARNING" in line or "ERROR" in line


def test_an_error_has_its_traceback(browser: Client, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.template.response.TemplateResponse.render", None)
    assert browser.get("/admin/").status_code == 500
    assert "Traceback (most recent call last)" in log.getvalue()
