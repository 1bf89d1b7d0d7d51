"""The review page says what writes to Stash, one of a run too, and why that failed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job, Status
from tests.scenes.analysis_factories import make_scene
from tests.web.factories import make_job, make_run

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates
PAGES = ("/review/", "/scenes/7/")


@pytest.fixture(autouse=True)
def scene() -> None:
    make_scene(7, "Film")


def of_a_run(status: str, **columns: object) -> Job:
    return make_job("apply_plan", status, parent=make_run(), **columns)


def text_of(browser: Client, address: str = "/review/writing") -> str:
    """The line, without its markup."""
    part = browser.get(address).text.partition('id="writing"')[2].partition("</div>")[0].partition(">")[2]
    return " ".join(re.sub("<[^>]+>", " ", part).split())


def mark(browser: Client) -> str:
    return re.findall(r'data-mark="([^"]*)"', browser.get("/review/writing").text)[0]


@pytest.mark.parametrize("make", [of_a_run, lambda status, **more: make_job("apply_plan", status, **more)])
def test_one_at_work_is_said_with_a_link(browser: Client, make: Callable[..., Job]) -> None:
    assert text_of(browser) == ""
    job = make(Status.RUNNING, percent=40, message="4 of 10 changes.")
    where = "To its run" if job.parent_id else "To its job"
    for address in PAGES:
        assert text_of(browser, address) == f"Approved changes are written to Stash. 40 % 4 of 10 changes. {where}"
        assert f'href="/jobs/{job.root_id}/"' in browser.get(address).text
    Job.objects.filter(pk=job.pk).update(status=Status.QUEUED)
    assert "It waits for its turn." in text_of(browser)


def test_its_failure_is_said_with_the_reason_until_another_one_ended_well(browser: Client) -> None:
    job = of_a_run(Status.FAILED, error_code="x", error_message="Stash is away.", finished_at=timezone.now())
    assert text_of(browser) == "Writing to Stash failed: Stash is away. To its run"
    assert f'href="/jobs/{job.root_id}/"' in browser.get("/review/").text
    make_job("apply_plan", Status.COMPLETED)
    assert text_of(browser) == ""


def test_the_mark_is_another_one_once_a_job_has_ended_and_not_while_it_works(browser: Client) -> None:
    marks = [mark(browser)]
    job = of_a_run(Status.RUNNING)
    marks.append(mark(browser))
    Job.objects.filter(pk=job.pk).update(percent=50)
    assert mark(browser) == marks[-1]
    Job.objects.filter(pk=job.pk).update(status=Status.COMPLETED)
    marks.append(mark(browser))
    make_job("apply_plan", Status.COMPLETED)  # between two looks
    marks.append(mark(browser))
    assert len(set(marks)) == 4
