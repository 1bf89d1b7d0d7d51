"""Of tables in which no index finds words the newest rows are searched, and that is said; an id is found among all."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Job, Status
from jobs.texts.translatable import Translatable
from jobs.web.admin.acting import ReadOnlyAdmin
from scenes.models import Download, Outcome
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene
from tests.web.factories import make_job, make_run
from tests.web.test_long_lists import numbers, plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Jobs, of which a search looks at two."""
    monkeypatch.setattr(ReadOnlyAdmin, "searched", 2)
    return [make_job("sync", Status.COMPLETED, message=f"Number {number} of five") for number in range(5)]


def test_the_newest_are_searched_and_that_is_said(browser: Client, five: list[Job]) -> None:
    assert numbers(browser, "/admin/jobs/job/?q=five") == ["4", "3"]
    assert "Only the newest 2 rows were searched." in browser.get("/admin/jobs/job/?q=five").text
    assert "were searched" not in browser.get("/admin/jobs/job/").text


def test_a_short_table_is_searched_without_a_word_of_it(browser: Client, five: list[Job]) -> None:
    Job.objects.filter(pk__in=[job.pk for job in five[:3]]).delete()
    assert numbers(browser, "/admin/jobs/job/?q=five") == ["4", "3"]
    assert "were searched" not in browser.get("/admin/jobs/job/?q=five").text


def test_a_job_is_found_by_its_id_or_how_lists_begin_it(browser: Client, five: list[Job]) -> None:
    oldest = five[0]
    for text in (str(oldest.pk), oldest.pk.hex, str(oldest.pk)[:8], str(oldest.pk).upper()[:13]):
        assert numbers(browser, f"/admin/jobs/job/?q={text}") == ["0"], text
    assert numbers(browser, "/admin/jobs/job/?q=0000000000000000") == []


def test_changes_are_found_by_the_id_of_their_scene_or_plan(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReadOnlyAdmin, "searched", 1)
    for pk in (71, 72):
        make_scene(pk, f"Scene {pk}")
        add_tag(make_plan(), pk, f"Tag of {pk}", status="applied")
    found = re.findall(r"Add tag of scene (\d+)", browser.get("/admin/scenes/change/?q=71").text)
    assert set(found) == {"71"}


def test_a_job_at_work_has_no_end_by_which_it_is_looked_for() -> None:
    job = make_job("sync", Status.RUNNING)
    assert list(Job.objects.active()) == [job]
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(finished_at=timezone.now())


def test_no_query_of_the_home_page_reads_all_jobs(browser: Client) -> None:
    for status in (Status.FAILED, Status.COMPLETED, Status.FAILED, Status.RUNNING):
        make_run(status)
        make_job("sync", status)
    browser.get("/")
    with CaptureQueriesContext(connection) as captured:
        browser.get("/")
    asked = [query["sql"] for query in captured if 'FROM "jobs_job"' in query["sql"] and "CASE" not in query["sql"]]
    plans = {sql: plan_of(sql) for sql in asked}
    if connection.vendor == "sqlite":  # of so few rows PostgreSQL takes any index
        assert all(any(name in plan for plan in plans.values()) for name in ("job_active", "job_outcome"))
    for sql, plan in plans.items():
        is_short = "LIMIT" in sql and "TEMP B-TREE" not in plan
        assert is_short or not ("SCAN jobs_job" in plan or "Seq Scan on jobs_job" in plan), (sql, plan)


def test_what_may_be_an_id_is_found_as_a_word_too(browser: Client) -> None:
    make_scene(69, "Number")
    make_scene(70, "1984")
    add_tag(make_plan(), 69, "Tag", status="applied")
    add_tag(make_plan(), 70, "69", status="applied")
    page = browser.get("/admin/scenes/change/?q=69").text
    assert set(re.findall(r"Add tag of scene (\d+)", page)) == {"69", "70"}
    assert "Add tag of scene 70" in browser.get("/admin/scenes/change/?q=1984").text
    make_job("sync", Status.COMPLETED, message="Number 7 of five, of 20261130")
    assert numbers(browser, "/admin/jobs/job/?q=20261130") == ["7"]


def test_words_are_looked_for_in_the_sentence_not_in_what_it_was_made_of(browser: Client) -> None:
    message = Translatable("Number {count} of five from {name}", count=8, name="100%_sure")
    job = make_job("sync", Status.COMPLETED, message=message)
    make_job("sync", Status.COMPLETED, message="Number 9 of five, plain")
    Download.objects.create(hash="a", name="One", outcome=Outcome.QUARANTINED, message=message)
    cases = {"8 of five": True, "100%_SURE": True, "{count}": False, "count": False, "[": False}
    for word, is_found in cases.items():
        assert Job.objects.filter(pk=job.pk, message__icontains=word).exists() == is_found, word
        assert numbers(browser, f"/admin/jobs/job/?q={quote_plus(word)}") == (["8"] if is_found else []), word
        assert ("One" in browser.get(f"/downloads/?q={quote_plus(word)}").text) == is_found, word
    assert numbers(browser, "/admin/jobs/job/?q=plain") == ["9"]
