"""Who is refused for a proxy that StashHog was not told of reads which setting changes that."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
LOGIN = {"username": "ada", "password": "a long password", "next": "/"}


def log_in(**headers: str) -> str:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", LOGIN, headers=headers)
    assert answer.status_code == 403
    return answer.text


@pytest.mark.parametrize("headers", [{"origin": "https://hog.example.com"}, {"origin": "https://testserver"}])
def test_a_login_from_another_origin(headers: dict[str, str]) -> None:
    page = log_in(**headers)
    assert f"STASHHOG_TRUSTED_ORIGINS={headers['origin']}" in page and "STASHHOG_TRUSTED_PROXIES" in page
    assert "asked as <b>http://testserver</b>" in page


def test_a_login_over_https_from_a_page_of_another_host() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/admin/login/", LOGIN, secure=True, headers={"referer": "https://hog.example.com/x?y"})
    assert answer.status_code == 403 and "STASHHOG_TRUSTED_ORIGINS=https://hog.example.com<" in answer.text


def test_a_form_of_a_login_that_is_over_is_another_matter() -> None:
    page = log_in(origin="http://testserver")
    assert "This form is out of date" in page and "STASHHOG_" not in page


@pytest.mark.parametrize(
    "origin", ["null", "https://<script>alert(1)</script>", "javascript:alert(1)", "http://[", "x"]
)
def test_an_origin_that_is_none_is_not_shown_as_one(origin: str) -> None:
    page = log_in(origin=origin)
    assert "<script>alert" not in page and "TRUSTED_ORIGINS=javascript" not in page


def test_a_name_that_it_does_not_know() -> None:
    answer = Client(raise_request_exception=False).get("/", headers={"host": "hog.example.com"})
    assert answer.status_code == 400
    assert "STASHHOG_ALLOWED_HOSTS" in answer.text and "STASHHOG_TRUSTED_PROXIES" in answer.text


def test_in_the_api_it_has_the_apis_format() -> None:
    answer = Client(raise_request_exception=False).get("/api/jobs", headers={"host": "hog.example.com"})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "bad_request"
