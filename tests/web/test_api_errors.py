"""Every error of the API has one format, whoever made it."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from jobs import engine
from jobs.models import Job

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]


def error_of(answer) -> dict:
    assert answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message", "detail"}
    assert body["error"]["message"] and isinstance(body["error"]["detail"], dict)
    return body["error"]


@pytest.mark.parametrize("address", ["/api/", "/api/nothing", "/api/jobs/no-uuid", "/api/jobs/a/b/c", "/api/jobs/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_is_answered_404(program, address, method):
    answer = getattr(program, method)(address)
    assert answer.status_code == 404 and error_of(answer)["code"] == "not_found"


def test_a_wrong_method_is_answered_405_with_the_right_ones(program):
    answer = program.delete("/api/jobs")
    assert answer.status_code == 405 and error_of(answer)["code"] == "method_not_allowed"
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


def test_a_request_without_token_or_login_is_answered_401(db):
    for client in (Client(), Client(headers={"authorization": "Bearer wrong"})):
        for answer in (client.get("/api/jobs"), client.post("/api/jobs", "{}", content_type="application/json")):
            assert answer.status_code == 401 and error_of(answer)["code"] == "not_logged_in"


def test_a_login_without_the_csrf_token_changes_nothing(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/api/jobs", '{"job_type": "sync"}', content_type="application/json")
    assert answer.status_code == 403 and error_of(answer)["code"] == "forbidden"
    assert not Job.objects.exists()
    assert client.get("/api/jobs").status_code == 200


def test_a_host_that_is_not_ours_is_answered_400(program):
    answer = program.get("/api/jobs", headers={"host": "evil.example"})
    assert answer.status_code == 400 and error_of(answer)


def test_a_body_that_is_too_large_is_refused(program, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = program.post("/api/jobs", "x" * 200, content_type="application/json")
    assert answer.status_code == 413 and error_of(answer)["code"] == "too_large"


def test_a_fault_of_ours_is_answered_500_without_its_details(program, monkeypatch, caplog):
    def broken() -> bool:
        raise RuntimeError("the secret of the broken part")

    monkeypatch.setattr(engine, "worker_alive", broken)
    program.raise_request_exception = False
    with caplog.at_level(logging.CRITICAL):
        answer = program.post("/api/jobs", {"job_type": "sync"}, content_type="application/json")
    assert answer.status_code == 500 and error_of(answer)["code"] == "internal_error"
    assert "secret" not in answer.text


def test_the_documentation_needs_a_login_and_loads_nothing_from_elsewhere(browser):
    page = browser.get("/api/docs").text
    assert "swagger" in page and "http://" not in page and "https://" not in page
    assert "/api/jobs" in browser.get("/api/openapi.json").json()["paths"]
    assert Client().get("/api/docs").status_code == 302
