"""The headers that tell browsers what an answer may do, on every kind of answer; and no page has a script in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from scenes.models import Scene
from tests.web.factories import make_user
from tests.web.permissions import table
from tests.web.permissions.stage import Stage

pytestmark = pytest.mark.django_db
ANSWERS = [
    "/", "/jobs/", "/nothing", "/admin/", "/admin/login/", "/api/jobs", "/api/nothing", "/api/docs",
    "/api/openapi.json", "/health/", "/healthz", "/static/stashhog.css", "/static/none", "/jobs/?type=%00",
]  # fmt: skip
# A script with a source, or data; and no handlers and styles in attributes, which the policy forbids, too.
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\son\w+\s*=|\sstyle\s*=|javascript:", re.I)


@pytest.fixture
def browser(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    return client


@pytest.mark.parametrize("address", ANSWERS)
def test_each_kind_of_answer_has_them(browser: Client, address: str) -> None:
    answer: Any = browser.get(address)
    policy = dict(part.partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'" and "unsafe" not in str(policy)
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'",) * 3
    assert "script-src" not in policy, "so that the default holds"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    if answer.streaming:
        answer.close()


@pytest.mark.parametrize("address", ["/", "/jobs/", "/admin/login/", "/api/jobs", "/nothing"])
def test_nothing_of_ours_is_shown_in_a_frame(browser: Client, address: str) -> None:
    assert browser.get(address).headers["X-Frame-Options"] == "DENY"


def test_a_fault_of_ours_has_them_too(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr("jobs.web.views.start_forms", broken)
    answer = browser.get("/jobs/")
    assert answer.status_code == 500
    assert answer.headers["Content-Security-Policy"] and answer.headers["Cache-Control"] == "no-store"


def test_no_page_has_a_script_or_a_style_in_it(browser: Client) -> None:
    stage = Stage()
    stage.add_the_rest()
    Scene.objects.update(title="<script>alert(1)</script>")
    gets = [address for method, address in table.ROUTES if method == "GET" and not address.startswith("/api/")]
    pages = [address for address in gets if not address.endswith(("screenshot", "strip"))]
    looked_at = 0
    for address in (*pages, "/api/docs"):
        answer = browser.get(stage.filled(address), follow=True)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            looked_at += 1
            assert not (found := INLINE.search(answer.text)), f"{address}: {found}"
            assert not re.search(
                r'(src|href)="(https?:)?//', answer.text.replace("https://www.djangoproject.com", "")
            ), address
    assert looked_at > 50
