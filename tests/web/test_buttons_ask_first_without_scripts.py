"""What asks beside its button with JavaScript asks on a page of its own without: the same question, and a way back."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from django.test import Client

from jobs.models import Job, Status
from scenes.models import Change, PlacedFile
from tests.scenes.analysis_factories import add_tag, make_plan, make_scene
from tests.web.factories import make_job, make_run, make_sub_job
from tests.web.test_downloads_page import deleted_file

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates
ROOT = Path(__file__).parents[2]
# Of its own page, which is the question.
ASKS_ITSELF = {"templates/scenes/needing/decide.html"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
QUESTION = re.compile(r'data-confirm="([^"]*)"')


class Case(NamedTuple):
    """A button on ``page``: what it sends where, and whether that was done."""

    page: str
    button: str
    address: str
    sent: dict[str, str]
    is_done: Callable[[], bool]


def cancelling(job: Job, page: str) -> Case:
    cancelled = Job.objects.filter(pk=job.pk).exclude(cancel_requested_at=None, status__in=("queued", "running"))
    address = f"/jobs/{job.pk}/cancel"
    return Case(page, address, address, {}, cancelled.exists)


def a_job() -> Case:
    job = make_job("sync", Status.QUEUED)
    return cancelling(job, job.get_absolute_url())


def a_run() -> Case:
    run = make_run(at=4)
    return cancelling(run, run.get_absolute_url())


def a_part() -> Case:
    run = make_run(at=4)
    return cancelling(make_sub_job(run, "analysis_batches", "analysis"), run.get_absolute_url())


def written() -> None:
    make_scene(1, "Harbour & more")
    plan = make_plan()
    for number in range(3):
        add_tag(plan, 1, f"Tag {number}", status="applied")
    Change.objects.update(before={"present": False}, after={"present": True})


def is_taken_back() -> bool:
    return Job.objects.filter(type="revert_plan").exists()


def of_the_review() -> Case:
    written()
    page = "/review/?status=applied"
    return Case(page, "revert-scene", "/review/decide", {"status": "applied", "revert-scene": "1"}, is_taken_back)


def of_a_scene() -> Case:
    written()
    return Case("/scenes/1/", 'name="all"', "/scenes/1/revert", {"all": "1"}, is_taken_back)


def of_a_file() -> Case:
    file = deleted_file(1)
    again = PlacedFile.objects.filter(pk=file.pk, wanted_again=True)
    return Case("/downloads/", "place-again", "/downloads/place-again", {"file": str(file.pk)}, again.exists)


CASES = (a_job, a_run, a_part, of_the_review, of_a_scene, of_a_file)


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_nothing_is_done_before_the_page_was_answered_and_then_it_is(browser: Client, make: Callable[[], Case]) -> None:
    case = make()
    (button,) = [
        one for one in re.findall(r"<button[^>]*data-confirm[^>]*>", page_of(browser, case)) if case.button in one
    ]
    asks = browser.post(case.address, case.sent, headers={"referer": f"http://testserver{case.page}"})
    question = QUESTION.search(button)
    assert question and f">{question[1]}</p>" in asks.text and not case.is_done()
    assert f'<a class="button" href="{case.page}">No, leave it</a>' in asks.text
    given = {unescape(name): unescape(value) for name, value in HIDDEN.findall(asks.text.partition("<main")[2])}
    assert given.items() >= case.sent.items()
    answer = browser.post(case.address, given)
    assert answer.status_code == 302 and case.is_done()
    assert answer.headers["Location"].partition("#")[0] == case.page


def page_of(browser: Client, case: Case) -> str:
    return browser.get(case.page).text


def test_no_other_button_asks() -> None:
    """A new one gets its case above."""
    folders = (ROOT / "templates", ROOT / "jobs/templates")
    pages = {str(path.relative_to(ROOT)): path.read_text() for folder in folders for path in folder.rglob("*.html")}
    asking = {name for name, text in pages.items() if "data-confirm" in text} - ASKS_ITSELF
    assert asking == {
        "jobs/templates/jobs/_card.html",
        "jobs/templates/jobs/_sub_job.html",
        "templates/scenes/library/_history.html",
        "templates/scenes/library/_torrent.html",
        "templates/scenes/review/_card.html",
    }


@pytest.mark.parametrize("came_from", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", ""])
def test_the_way_back_leads_to_pages_of_ours_only(browser: Client, came_from: str) -> None:
    job = make_job("sync", Status.QUEUED)
    asks = browser.post(f"/jobs/{job.pk}/cancel", {"came_from": came_from})
    assert 'href="/jobs/">No, leave it</a>' in asks.text
