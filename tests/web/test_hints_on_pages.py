"""Hints are shown as pages show text: what is typed as code, a page as a link, and by the names of the menu."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job, Status
from jobs.templatetags.jobs import with_code
from tests.web.factories import make_job

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]


def words_of(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page.partition("<main")[2].partition("</main>")[0])


def test_the_health_page_leads_to_the_run_that_failed(browser: Client) -> None:
    run = make_job("process_new_scenes", Status.FAILED, finished_at=timezone.now(), error_message="Stash was away.")
    page = browser.get("/health/").text
    assert f'<a href="/jobs/{run.pk}/">open the job</a>' in page and str(run.pk) not in words_of(page)


def test_what_is_typed_is_shown_as_code(browser: Client) -> None:
    page = browser.get("/health/").text
    assert "<code>manage.py worker</code>" in page and "`" not in words_of(page)


def test_a_start_without_a_worker_says_what_to_start_without_backticks(browser: Client) -> None:
    page = browser.post("/jobs/start", {"job_type": "sync"}, follow=True).text
    assert Job.objects.count() == 1 and "No worker is running" in page and "`" not in words_of(page)


def test_what_is_not_set_is_set_in_the_settings(browser: Client, configure: Callable[..., Any]) -> None:
    page = browser.get("/needs/").text
    assert "Set “Stash address” in the settings." in page
    assert "in the admin" not in page and "docs/" not in page


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("Run `a <b>`.", "Run <code>a &lt;b&gt;</code>."),
        ("<i>`x`</i>", "&lt;i&gt;<code>x</code>&lt;/i&gt;"),
        ("One ` alone", "One ` alone"),
        ("/data/jobs/film.mp4", "/data/jobs/film.mp4"),
    ],
)
def test_nothing_else_of_a_hint_is_markup(hint: str, shown: str) -> None:
    assert with_code(hint) == shown
