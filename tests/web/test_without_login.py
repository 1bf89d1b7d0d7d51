"""Without a login nothing is shown and nothing is changed, at any address there is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jobs.models import Job
from tests.web.factories import make_run

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
METHODS = ["get", "post", "put", "patch", "delete"]
OPEN = {"/healthz", "/readyz", "/admin/login/"}
VALUES = {"job_id": None, "scene_id": 1, "object_id": 1, "type": "process_new_scenes", "rest": "x"}


def addresses(patterns=None, before: str = "/") -> Iterator[str]:
    """Every address of the project, with something for its parameters."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        text = before + str(pattern.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, text)
        elif isinstance(pattern, URLPattern):
            yield text


def filled(address: str, job_id: uuid.UUID) -> str:
    for converter in ("uuid:", "uuidstr:", "int:", "path:", "str:", ""):
        for name in ("job_id", "scene_id", "object_id", "type", "rest", "content_type_id", "app_label", "url", "id"):
            value = job_id if name == "job_id" else VALUES.get(name, 1)
            address = address.replace(f"<{converter}{name}>", str(value))
    return address


def test_every_address_asks_for_a_login_or_a_token_and_changes_nothing():
    run = make_run()
    before = list(Job.objects.values())
    client = Client()
    walked = sorted({filled(address, run.pk) for address in addresses()})
    assert len(walked) > 60 and f"/jobs/{run.pk}/cancel" in walked and f"/api/jobs/{run.pk}/cancel" in walked
    for address in walked:
        for method in METHODS:
            answer = getattr(client, method)(address)
            if address in OPEN:
                continue
            assert answer.status_code in (301, 302, 401, 403, 404, 405), (method, address, answer.status_code)
            assert "Process new scenes" not in answer.text, (method, address)
    assert list(Job.objects.values()) == before


def test_healthz_says_ok_and_nothing_else():
    answer = Client().get("/healthz")
    assert answer.status_code == 200 and answer.content == b"ok"


def test_logging_out_ends_it(browser):
    assert browser.get("/jobs/").status_code == 200
    browser.post("/logout")
    assert browser.get("/jobs/").status_code == 302
