"""Every page, in a language in which translated texts stand in brackets: whatever stands outside of them is data.

And German has each text that a page asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client

from jobs.models import Status
from tests.web import pseudo
from tests.web.data_on_pages import is_known, not_in_german, types_of_the_product
from tests.web.factories import make_job
from tests.web.permissions.stage import Stage
from tests.web.permissions.table import ACTIONS, ADMIN, NOBODY, PAGES

pytestmark = pytest.mark.one_database  # of texts

ERRORS = ("400.html", "403.html", "404.html", "500.html", "503.html", "403_csrf.html", "login_locked.html")
IN_AN_ERROR = {"came_from": "", "asked": "", "minutes": 2, "seconds": 5}


CODES = ("unreachable", "login_refused", "disk_full", "another_library", "generate_failed", "internal_error")
FIGURES = {"generated": 12, "already_there": 3, "carried_over": 4, "synced_items": 2, "changes_reverted": 1}


def addresses() -> list[str]:
    """Of all pages; those that nobody may open are one page."""
    rules = {**PAGES, **ADMIN}
    return sorted({address for (method, address), rule in rules.items() if method == "GET" and rule != NOBODY})


@pytest.fixture(autouse=True)
def _types_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    types_of_the_product(monkeypatch)


@pytest.mark.django_db
def test_each_text_of_each_page_is_translated_and_german_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.add_the_rest()
    client = Client(headers={"accept-language": "de"})
    client.force_login(User.objects.create_superuser("boss"))
    asked, left = pseudo.speak(monkeypatch), defaultdict(set)
    pages: dict[str, str] = {name: render_to_string(name, IN_AN_ERROR) for name in ERRORS}
    for address in addresses():
        answer = client.get(stage.filled(address))
        if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            assert answer.headers["Content-Language"] == "de", address
            pages[address] = answer.text
    for address, page in pages.items():
        for text in pseudo.not_translated(page):
            if not is_known(text):
                left[text].add(address)
    assert {text: min(where) for text, where in left.items()} == {}
    assert len(pages) > 150
    assert not_in_german(asked) == set()


def pages_of_jobs(stage: Stage) -> Iterator[str]:
    """What pages of jobs say of codes, figures and parameters, which rows have as keys."""
    for code in CODES:
        job = make_job("sync", Status.FAILED, error_code=code, error_message="x")
        yield from (job.get_absolute_url(), f"/admin/jobs/job/{job.pk}/change/")
    params = {"detectors": ["detect_video_tags", "detect_tags"], "max_scenes": 3, "auto_approve": True}
    job = make_job("analysis", Status.COMPLETED, params=params, result=FIGURES)
    yield from (job.get_absolute_url(), f"/admin/jobs/job/{job.pk}/change/", "/jobs/")
    for what in ("batches", "failed"):
        yield f"/jobs/{stage.active.pk}/items?what={what}"


@pytest.mark.django_db
def test_what_pages_say_of_jobs_rows_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    client = Client(headers={"accept-language": "de"})
    client.force_login(User.objects.create_superuser("boss"))
    asked = pseudo.speak(monkeypatch)
    left: dict[str, str] = {}
    for address in pages_of_jobs(stage):
        answer = client.get(address)
        assert answer.status_code == 200, address
        left |= {text: address for text in pseudo.not_translated(answer.text) if not is_known(text)}
    assert left == {}
    assert not_in_german(asked) == set()


def acts(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    """What every form of a page and every action of the admin sends, and where to."""
    for method, address in PAGES:
        if method == "POST" and address not in ("/logout", "/language", "/healthz", "/readyz"):
            yield stage.filled(address), stage.body(address)
    for label, action in ACTIONS:
        row = stage.row(label, action)
        for confirmed in ({}, {"post": "yes"}):
            given = {"action": action, "_selected_action": [row.pk], **confirmed}
            yield f"/admin/{label.replace('.', '/')}/", given


@pytest.mark.django_db
def test_what_is_said_of_each_act_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.add_the_rest()
    client = Client(headers={"accept-language": "de"})
    client.force_login(User.objects.create_superuser("boss"))
    left: dict[str, str] = {}
    asked = pseudo.speak(monkeypatch)
    for address, body in acts(stage):
        with transaction.atomic():
            stage.make_ready(address)
            answer = client.post(address, body, follow=True)
            transaction.set_rollback(True)
        texts = pseudo.not_translated(answer.text) if answer.headers["Content-Type"].startswith("text/html") else set()
        left |= {text: f"{address} {body}" for text in texts if not is_known(text)}
    assert not left, "\n".join(left)
    assert not_in_german(asked) == set()
