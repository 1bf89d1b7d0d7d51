"""The report of a dry run: in pages of the API, and on the page of its run."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from jobs.models import Job
from scenes.models import DryRunItem
from scenes.web.dry_run_report import SHOWN
from tests.web.factories import make_run, make_sub_job, next_of

pytestmark = pytest.mark.django_db
BAD_NAME = "<script>alert(1)</script>\x1b[31m\N{GRINNING FACE}"


@pytest.fixture
def run() -> Job:
    run = make_run(params={"dry_run": True})
    job = make_sub_job(run, "process_downloads", "dry_run")
    common: dict[str, Any] = {"job": job, "step": "process_downloads", "key": "abc"}
    DryRunItem.objects.create(kind="torrent", name="One", outcome="done", code="linked", message="m", **common)
    DryRunItem.objects.create(kind="file", name=BAD_NAME, action="link", target="/lib/a.mp4", outcome="done", **common)
    DryRunItem.objects.create(kind="file", name="b", outcome="failed", code="disk_full", message="No room.", **common)
    return run


def test_it_is_given_in_pages_in_its_order(program: Client, run: Job) -> None:
    address = f"/api/jobs/{run.pk}/report"
    first = program.get(f"{address}?limit=2").json()
    assert [line["name"] for line in first["items"]] == ["One", BAD_NAME]
    assert first["items"][1] | {"id": 0} == {
        "id": 0, "step": "process_downloads", "kind": "file", "key": "abc", "name": BAD_NAME, "action": "link",
        "target": "/lib/a.mp4", "outcome": "done", "code": "", "message": "",
    }  # fmt: skip
    second = program.get(f"{address}?limit=2&cursor={first['next']}").json()
    assert [line["code"] for line in second["items"]] == ["disk_full"] and second["next"] is None


def test_it_is_given_of_the_sub_job_too_and_empty_of_any_other_job(program: Client, run: Job) -> None:
    assert len(program.get(f"/api/jobs/{run.sub_jobs.get().pk}/report").json()["items"]) == 3
    assert program.get(f"/api/jobs/{make_run(status='completed').pk}/report").json() == {"items": [], "next": None}


@pytest.mark.parametrize("query", ["cursor=x", "cursor=-1", "limit=0", "limit=1001", "limit=x"])
def test_what_is_no_page_is_refused(program: Client, run: Job, query: str) -> None:
    answer = program.get(f"/api/jobs/{run.pk}/report?{query}")
    assert answer.status_code == 400 and set(answer.json()["error"]) == {"code", "message", "detail"}


def test_a_job_that_there_is_not(program: Client, db: None) -> None:
    assert program.get(f"/api/jobs/{uuid4()}/report").status_code == 404


def test_the_page_of_the_run_shows_it(browser: Client, run: Job) -> None:
    page = browser.get(f"/jobs/{run.pk}/").text
    assert (
        "What a run would do" in page
        and "No room." in page
        and ">Link<" in page
        and ">Disk full<" in page
        and ">Would be done<" in page
    )
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert f"/api/jobs/{run.pk}/report" in page


def test_the_page_of_any_other_run_does_not(browser: Client) -> None:
    assert "What a run would do" not in browser.get(f"/jobs/{make_run().pk}/").text


def test_a_long_report_is_cut_on_the_page_and_says_so(browser: Client, run: Job) -> None:
    job = run.sub_jobs.get()
    DryRunItem.objects.bulk_create(
        DryRunItem(job=job, step="analysis_batches", kind="scene", name=f"S{n}", action="analyse")
        for n in range(SHOWN + 5)
    )
    page = browser.get(f"/jobs/{run.pk}/").text
    assert page.count('<li class="scene') == SHOWN
    (address,) = re.findall(rf'<a href="([^"]+)" data-count="{SHOWN + 5}">All {SHOWN + 5} lines</a>', page)
    named = []
    while address:
        named += re.findall(r"<li><b><bdi>(S\d+)</bdi>", browser.get(address).text)
        following = next_of(browser, address)
        address = following and f"/jobs/{run.pk}/items{following}"
    assert named == [f"S{n}" for n in range(SHOWN + 5)]


def test_it_goes_with_its_run(run: Job) -> None:
    run.delete()
    assert not DryRunItem.objects.exists()
