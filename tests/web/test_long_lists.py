"""Lists of many rows: an index fits their order, counts end somewhere, and every row can be reached."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Status
from jobs.web.admin import big_lists
from tests.web.factories import make_job, make_run, make_sub_job

pytestmark = pytest.mark.django_db
ORDERED = re.compile(r'FROM "jobs_job".*ORDER BY .*LIMIT', re.DOTALL)
LISTS = [
    "/jobs/",
    "/jobs/?status=failed",
    "/jobs/?type=sync",
    "/api/jobs",
    "/api/jobs?sub_jobs=true",
    "/api/jobs?status=failed",
    "/admin/jobs/job/",
    "/admin/jobs/job/?kind=run",
    "/admin/jobs/job/?status__exact=failed",
    "/admin/jobs/job/?type=sync",
]


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # of few rows it would read all, and sort them
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.fixture
def jobs() -> None:
    for status in (Status.COMPLETED, Status.FAILED, Status.RUNNING):
        make_sub_job(make_run(status), "incremental_sync", "sync", Status.COMPLETED)
        make_job("sync", status)


@pytest.mark.parametrize("address", LISTS)
def test_no_list_of_jobs_sorts_what_it_reads(browser: Client, jobs: None, address: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    # The sub-jobs at work of an active run are another, short list.
    lists = [sql for query in captured if ORDERED.search(sql := query["sql"]) and '"parent_id" = ' not in sql]
    assert lists
    for sql in lists:
        assert "TEMP B-TREE" not in (plan := plan_of(sql)) and "Sort " not in plan, (sql, plan)


def test_a_cursor_begins_where_the_page_before_ended(browser: Client, jobs: None) -> None:
    first = browser.get("/api/jobs?limit=3").json()
    with CaptureQueriesContext(connection) as captured:
        second = browser.get("/api/jobs", {"limit": 10, "cursor": first["next"]}).json()
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert len(set(ids)) == len(ids) == Job.objects.runs().count()
    (sql,) = (query["sql"] for query in captured if ORDERED.search(query["sql"]))
    plan = plan_of(sql)
    assert "created_at<?" in plan.replace(" ", "") or "Index Cond: (created_at <=" in plan, plan


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Five jobs, of which lists count three."""
    monkeypatch.setattr(big_lists, "MOST", 3)
    return [make_job("sync", Status.COMPLETED, message=f"Number {number} of five") for number in range(5)]


def test_what_is_more_than_is_counted_is_said_so(browser: Client, many: list[Job]) -> None:
    assert "3+ jobs" in browser.get("/admin/jobs/job/").content.decode()
    searched = browser.get("/admin/jobs/job/?q=five").content.decode()
    assert "3+ results" in searched and "3+ jobs" in searched
    page = browser.get("/admin/jobs/job/?q=%22Number+4%22").content.decode()
    assert "1 result" in page and "Number 4 of five" in page and "Number 3" not in page


def test_a_page_of_a_filtered_list_is_the_one_that_is_asked_for(
    browser: Client, many: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(big_lists, "MOST", 100)
    monkeypatch.setattr("jobs.admin.JobAdmin.list_per_page", 2)
    shown = [numbers(browser, f"/admin/jobs/job/?q=five&p={page}") for page in (1, 2, 3)]
    assert shown == [["4", "3"], ["2", "1"], ["0"]]


def numbers(browser: Client, address: str) -> list[str]:
    return re.findall(r"Number (\d) of five", browser.get(address).content.decode())


def test_one_look_at_the_table_gives_count_and_page_of_a_search(browser: Client, many: list[Job]) -> None:
    with CaptureQueriesContext(connection) as captured:
        browser.get("/admin/jobs/job/?q=five")
    looks = [query["sql"] for query in captured if "%five%" in query["sql"] and "IN (" not in query["sql"]]
    assert len(looks) == 1


def test_months_lead_to_the_jobs_of_long_ago(browser: Client) -> None:
    for number, month in enumerate((datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2025, 12, 1, 12, tzinfo=UTC))):
        make_job("sync", Status.COMPLETED, message=f"Number {number} of five", created_at=month)
    page = browser.get("/admin/jobs/job/").content.decode()
    assert "?month=2026-01" in page and "?month=2025-12" in page and "?month=2025-11" not in page
    assert numbers(browser, "/admin/jobs/job/?month=2025-12") == ["1"]
    assert numbers(browser, "/admin/jobs/job/?month=2026-01") == ["0"]
    assert browser.get("/admin/jobs/job/?month=2026-13").status_code == 200


def test_types_and_sources_that_are_offered_are_those_of_the_newest_jobs(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(big_lists, "NEWEST", 1)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for source, moment in (("schedule", now), ("api", now - timedelta(days=1))):
        job = make_job("sync", Status.COMPLETED, created_at=moment)
        Job.objects.filter(pk=job.pk).update(source=source)
    page = browser.get("/admin/jobs/job/").content.decode()
    assert "?source=schedule" in page and "?source=api" not in page
    assert len(Job.objects.filter(source="api")) == 1 and browser.get("/admin/jobs/job/?source=api").status_code == 200
