"""StashHog behind a prefix of a proxy (SCRIPT_NAME): every address on a page has it, so none is written out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.test.utils import override_script_prefix
from django.urls import reverse

from jobs.models import Job, Status
from tests.web.factories import make_job, make_run, make_sub_job
from tests.web.test_admin import fill

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]
PREFIX = "/hog"


def addresses_on(browser: Client, path: str) -> list[str]:
    """The addresses on this site that a page names."""
    page = browser.get(path, SCRIPT_NAME=PREFIX)
    assert page.status_code == 200, path
    found = re.findall(r'(?:href|src|action|data-live|data-refresh|content)="(/[^"]*)"', page.text)
    assert found
    return found


def outside(addresses: list[str]) -> list[str]:
    """Those without the prefix. Files are left out: where they are is fixed when a process first asks for it."""
    pages = [address for address in addresses if not address.startswith("/static/")]
    return [address for address in pages if not f"{address}/".startswith(f"{PREFIX}/")]


@pytest.fixture(autouse=True)
def _prefix() -> Iterator[None]:
    """What the server does with each request, and Django's test client does not."""
    with override_script_prefix(PREFIX + "/"):
        yield


@pytest.fixture
def run() -> Job:
    run = make_run(at=4)
    make_sub_job(run, "analysis_batches", "analysis", message="Here")
    make_job("sync", Status.FAILED)
    return run


def test_the_pages(browser: Client, run: Job) -> None:
    for path in ("/", "/jobs/", "/jobs/?status=failed&type=sync", f"/jobs/{run.pk}/"):
        assert outside(addresses_on(browser, path)) == []


def test_pages_follow_what_happens_at_the_address_of_their_web_socket(browser: Client, run: Job) -> None:
    assert f'data-live="{PREFIX}/ws/jobs/"' in browser.get("/", SCRIPT_NAME=PREFIX).text
    assert (
        f'data-live="{PREFIX}/ws/jobs/?status=failed"' in browser.get("/jobs/?status=failed", SCRIPT_NAME=PREFIX).text
    )
    assert f'data-live="{PREFIX}/ws/jobs/{run.pk}/"' in browser.get(f"/jobs/{run.pk}/", SCRIPT_NAME=PREFIX).text


@pytest.mark.parametrize("model", ["jobs_job", "scenes_plan", "scenes_download", "scenes_scene"])
def test_the_admin(browser: Client, model: str) -> None:
    fill(1)
    listed = addresses_on(browser, reverse(f"admin:{model}_changelist").removeprefix(PREFIX))
    assert outside(listed) == []
    rows = [address for address in listed if re.search(r"/change/(\?.*)?$", address) and "_changelist" not in address]
    assert rows
    opened = addresses_on(browser, rows[0].removeprefix(PREFIX).split("?")[0])
    assert outside(opened) == []


def test_errors_below_the_api_have_its_format(browser: Client) -> None:
    browser.raise_request_exception = False
    answer = browser.generic("DELETE", "/api/jobs", SCRIPT_NAME=PREFIX)
    assert answer.status_code == 405 and answer.json()["error"]["code"] == "method_not_allowed"
    answer = browser.get("/api/jobs?x=%00", SCRIPT_NAME=PREFIX)
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "bad_request"


def test_the_links_of_a_sub_job_and_of_a_plan_lead_to_pages(browser: Client) -> None:
    fill(1)
    run = Job.objects.runs().get()
    sub_job = run.sub_jobs.get()
    page = browser.get(f"/admin/jobs/job/{run.pk}/change/", SCRIPT_NAME=PREFIX).text
    assert f'href="{reverse("admin:jobs_job_change", args=[sub_job.pk])}"' in page
