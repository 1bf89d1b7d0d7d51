"""With STASHHOG_HTTPS cookies and browsers keep to https, and Django has nothing to warn of; without, http works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.processes import ROOT, environment
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db


def checked(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy`, of an installation whose services are set."""
    services = {"STASHHOG_STASH_URL": "http://stash:9999", "STASHHOG_QBITTORRENT_URL": "http://qbittorrent:8080"}
    services["STASHHOG_LIBRARY_PATH"] = str(folder)
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment(
            **services, STASHHOG_SECRET_KEY="", STASHHOG_DATA_DIR=str(folder), DATABASE_URL="", **variables
        ),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.acceptance
def test_the_check_of_a_deployment_is_clean_with_it_and_names_what_is_missing_without(tmp_path: Path) -> None:
    clean = checked(tmp_path, STASHHOG_HTTPS="1", STASHHOG_ALLOWED_HOSTS="hog.example")
    assert clean.returncode == 0, clean.stderr
    plain = checked(tmp_path)
    assert plain.returncode == 1
    assert {"security.W012", "security.W016", "security.W004"} <= set(plain.stderr.replace(")", "(").split("("))


def https(settings) -> Client:
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 60
    return Client()


def test_cookies_go_by_https_alone_and_browsers_keep_to_it(settings) -> None:
    client = https(settings)
    make_user("ada")
    answer = client.get("/admin/login/", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=60"
    answer = client.post("/admin/login/", {"username": "ada", "password": "a long password"}, secure=True)
    assert answer.status_code == 302
    assert (
        all(cookie["secure"] for cookie in client.cookies.values()) and client.cookies["stashhog_session"]["httponly"]
    )
    assert client.cookies["stashhog_session"]["samesite"] == "Lax"


def test_without_it_plain_http_works_and_nothing_is_promised() -> None:
    assert not django_settings.HTTPS
    client = Client()
    make_user("ada")
    answer = client.post("/admin/login/", {"username": "ada", "password": "a long password"})
    assert answer.status_code == 302 and "Strict-Transport-Security" not in answer.headers
    assert not client.cookies["stashhog_session"]["secure"]
    assert client.get("/jobs/").status_code == 200


def test_the_health_page_says_how_people_reach_it(settings, admin_client: Client) -> None:
    assert "plain http" in admin_client.get("/health/").text
    settings.HTTPS = True
    assert "by https" in admin_client.get("/health/").text


def test_a_redirect_to_https_is_a_choice(settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get("/jobs/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/jobs/")
    assert Client().get("/healthz").status_code == 200, "a probe comes by http"
