"""Keys of ours, shares and results in the admin: as the other pages say them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from jobs.models import Event, Job, Schedule, Status
from scenes.models import Change, Detection, Plan, Scene
from tests.web.factories import make_job

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates


def cell(page: str, column: str) -> str:
    return strip_tags(page.partition(f'class="field-{column}')[2].partition(">")[2].partition("</t")[0])


@pytest.fixture
def change() -> Change:
    scene = Scene.objects.create(pk=1, title="Dawn", created_at=timezone.now(), remote_updated_at="x")
    Detection.objects.create(scene=scene, detector="detect_tags")
    return Plan.objects.create().changes.create(
        scene=scene, kind="add_tag", value={"name": "Beach"}, key="k", detector="detect_video_tags", confidence=0.92
    )


def test_a_change_names_its_detector_and_says_its_confidence_as_a_share(browser: Client, change: Change) -> None:
    for address in ("/admin/scenes/change/", f"/admin/scenes/change/{change.pk}/change/"):
        page = browser.get(address).text
        assert "Video tagger" in page and "92%" in page and "0.92" not in page
    detections = browser.get("/admin/scenes/detection/").text
    assert cell(detections, "detector") == "Names of tags"
    assert f"/admin/scenes/detection/{Detection.objects.get().pk}/change/" in detections


def test_a_change_without_a_confidence_has_no_share(browser: Client, change: Change) -> None:
    Change.objects.update(confidence=None)
    assert cell(browser.get("/admin/scenes/change/").text, "confidence") == "–"


def test_jobs_schedules_and_events_say_types_sources_and_what_happened(browser: Client) -> None:
    Schedule.objects.create(name="Nightly", job_type="process_new_scenes", cron="0 3 * * *")
    job = make_job("sync", "failed")
    Job.objects.update(source="command")
    Event.objects.create(job=job, kind="claimed")
    assert cell(browser.get("/admin/jobs/schedule/").text, "job_type") == "Process new scenes"
    assert cell(browser.get("/admin/jobs/job/").text, "source") == "Command"
    rows = browser.get("/admin/jobs/event/").text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "A worker began with it" in rows and "claimed" not in rows


def test_a_job_without_a_result_does_not_say_null(browser: Client) -> None:
    job: Job = make_job("sync", "failed")
    assert "null" not in browser.get(f"/admin/jobs/job/{job.pk}/change/").text


def test_the_page_of_a_job_says_what_its_card_says_and_links_to_that(browser: Client) -> None:
    result = {"steps": {"stash_scan": {"job_id": "x"}}, "summary": {"total_synced_items": 2, "total_errors": 0}}
    params = {"detectors": ["detect_video_tags", "detect_tags"], "dry_run": False}
    job = make_job("process_new_scenes", Status.COMPLETED, result=result, params=params)
    page = browser.get(f"/admin/jobs/job/{job.pk}/change/").text
    assert f'<a href="/jobs/{job.pk}/">Open</a>' in page
    assert (
        "<dt>Synced items</dt><dd>2</dd>" in page and "<dt>Detectors</dt><dd>Video tagger, Names of tags</dd>" in page
    )
    assert f">{job.pk}<" not in page and "process_new_scenes" not in page and "job_id" not in page
