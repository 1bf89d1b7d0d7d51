"""Each failed item is on the card of its run at once, in its step, with why and a link; not only when its job ends."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.context import JobContext
from jobs.declare.items import items
from jobs.engine.reporting import name_failures
from jobs.models import Job, Status
from jobs.web.cards.snapshot import versions_of
from scenes.models import Detection, Download, Generation, PlacedFile, Scan, Scene
from tests.web.factories import make_job, make_run, make_sub_job, next_of

pytestmark = pytest.mark.django_db
WHY = "The file ends in the middle. Download it again."


def scene(pk: int) -> Scene:
    return Scene.objects.create(pk=pk, title=f"Film {pk}", created_at=timezone.now(), remote_updated_at="x")


def download(number: int) -> Download:
    return Download.objects.create(hash=f"{number:040}", name=f"Torrent {number}", save_path="/x")


def file_of(number: int) -> PlacedFile:
    return PlacedFile.objects.create(download=download(number), name=f"Film {number}.mp4", size=1)


def fails_in_downloads(job: JobContext) -> str:
    row = file_of(1)
    PlacedFile.objects.filter(pk=row.pk).fail(job, WHY)
    return f"/downloads/?download={row.download_id}"


def fails_in_scan(job: JobContext) -> str:
    row = file_of(1)
    Scan.objects.create(file=row)
    Scan.objects.filter(file=row).fail(job, WHY)
    return f"/downloads/?download={row.download_id}"


def fails_in_analysis(job: JobContext) -> str:
    Detection.objects.create(scene=scene(7), detector="detect_tags")
    Detection.objects.all().fail(job, WHY)
    return "/scenes/7/"


def fails_in_generation(job: JobContext) -> str:
    Generation.objects.create(scene=scene(7))
    Generation.objects.all().fail(job, WHY)
    return "/scenes/7/"


WAYS = {
    ("process_downloads", "process_downloads"): fails_in_downloads,
    ("stash_scan", "stash_scan"): fails_in_scan,
    ("analysis_batches", "analysis"): fails_in_analysis,
    ("stash_generate", "stash_generate"): fails_in_generation,
}


def at_work(key: str, type: str, run: Job | None = None) -> JobContext:
    steps = ["process_downloads", "stash_scan", "incremental_sync", "analysis_batches", "stash_generate"]
    run = run or make_run(at=steps.index(key) + 1)
    return JobContext(make_sub_job(run, key, type, claim_token=uuid.uuid4()))


def run_of(job: JobContext) -> Job:
    assert job.job.parent
    return job.job.parent


def step_of(browser: Client, run: Job, key: str) -> str:
    page = browser.get(f"/jobs/{run.pk}/").text
    return page.partition(f'id="step-{key}"')[2].partition('id="step-')[0]


@pytest.mark.parametrize("where", WAYS, ids=str)
def test_in_every_step(browser: Client, where: tuple[str, str]) -> None:
    job = at_work(*where)
    run = run_of(job)
    before = versions_of([Job.objects.get(pk=run.pk)])[run.pk]
    address = WAYS[where](job)
    assert versions_of([Job.objects.get(pk=run.pk)])[run.pk] > before, "open pages are sent it"
    step = step_of(browser, run, where[0])
    assert WHY in step and f'href="{address}"' in step


def test_also_of_a_job_that_was_started_alone(browser: Client) -> None:
    job = JobContext(make_job("analysis", Status.RUNNING, claim_token=uuid.uuid4()))
    address = fails_in_analysis(job)
    page = browser.get(f"/jobs/{job.id}/").text
    assert "1 failed" in page and WHY in page and f'href="{address}"' in page


def test_the_list_of_all_has_them_behind_those_of_parts_that_ended(browser: Client) -> None:
    job = at_work("analysis_batches", "analysis")
    run = run_of(job)
    past = make_sub_job(run, "analysis_batches", "analysis", Status.COMPLETED_WITH_ERRORS, number=2, errors=60)
    for number in range(60):
        data = {"name": f"Before {number:02}", "reason": WHY, "kind": "scene", "key": str(number)}
        past.events.create(kind="item_failed", level="warning", data=data)
    for number in range(100, 160):
        Detection.objects.create(scene=scene(number), detector="detect_tags")
    Detection.objects.all().fail(job, WHY)
    assert "All 120 that failed" in step_of(browser, run, "analysis_batches")
    assert names_listed(browser, run) == [f"Before {n:02}" for n in range(60)] + [f"Film {n}" for n in range(100, 160)]


def names_listed(browser: Client, run: Job) -> list[str]:
    """On all pages of what failed in the analysis, as links."""
    address, named = f"/jobs/{run.pk}/items?what=failed&step=analysis_batches", []
    while address:
        page = browser.get(address).text
        named += re.findall(r"<bdi>([^<]+)</bdi></a>", page)
        assert page.count(WHY) == page.count("</bdi></a>")
        following = next_of(browser, address)
        address = f"/jobs/{run.pk}/items{following}" if following else ""
    return named


@pytest.mark.parametrize("has_ended", [False, True], ids=["at work", "ended"])
def test_more_than_five_hundred_are_all_named(
    browser: Client, monkeypatch: pytest.MonkeyPatch, has_ended: bool
) -> None:
    """The list of them has longer pages here: this is of how many there are."""
    monkeypatch.setattr("jobs.web.cards.parts_of_runs.PAGE_SIZE", 250)
    job, numbers = at_work("analysis_batches", "analysis"), range(1000, 1620)
    run = run_of(job)
    Scene.objects.bulk_create(
        Scene(pk=n, title=f"Film {n}", created_at=timezone.now(), remote_updated_at="x") for n in numbers
    )
    Detection.objects.bulk_create(Detection(scene_id=n, detector="detect_tags") for n in numbers)
    Detection.objects.all().fail(job, WHY)
    if has_ended:
        name_failures(job.job, len(numbers))
        Job.objects.filter(pk=job.id).update(status=Status.COMPLETED_WITH_ERRORS, errors=len(numbers))
        Detection.objects.all().release()  # a later run has handled them once more
    assert "All 620 that failed" in step_of(browser, run, "analysis_batches")
    assert names_listed(browser, run) == [f"Film {n}" for n in numbers]


def test_a_scene_that_failed_for_many_detectors_hides_no_other() -> None:
    job = at_work("analysis_batches", "analysis")
    detectors = ("detect_tags", "detect_performers", "detect_studios", "detect_details", "detect_vr", "detect_markers")
    much = scene(7)
    Detection.objects.bulk_create(Detection(scene=much, detector=one) for one in detectors)
    Detection.objects.create(scene=scene(8), detector="detect_tags")
    Detection.objects.all().fail(job, WHY)
    assert [str(one.name) for one in items().failed(job.job, 1)] == ["Film 7", "Film 8"]


def test_what_failed_before_a_person_had_it_retried_is_not_named_until_it_fails_again(browser: Client) -> None:
    job = at_work("analysis_batches", "analysis")
    fails_in_analysis(job)
    Job.objects.filter(pk=job.id).update(started_at=timezone.now() + timedelta(seconds=1))
    assert WHY not in step_of(browser, run_of(job), "analysis_batches")
