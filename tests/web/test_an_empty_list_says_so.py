"""In the admin; and on a phone each value of a scene's file says what it is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Schedule
from scenes.models import Scene, SceneFile, TagRule
from tests.web.factories import make_job

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates


def test_an_empty_list_says_whether_there_is_nothing_or_nothing_that_fits(browser: Client) -> None:
    Schedule.objects.all().delete()
    assert "There are no schedules." in browser.get("/admin/jobs/schedule/").text
    Schedule.objects.create(name="Nightly", job_type="process_new_scenes", cron="0 3 * * *", enabled=True)
    assert "There are no schedules." not in browser.get("/admin/jobs/schedule/").text
    for query in ("?q=weekly", "?enabled__exact=0"):
        assert "Nothing fits the search and the filters." in browser.get(f"/admin/jobs/schedule/{query}").text


@pytest.mark.parametrize("name", ["scenes/download", "scenes/change", "jobs/job", "jobs/event", "scenes/tagrule"])
def test_an_empty_list_offers_nothing_that_is_for_rows(browser: Client, name: str) -> None:
    TagRule.objects.of_tags().delete()
    TagRule.objects.all()._raw_delete(TagRule.objects.db)
    page = browser.get(f"/admin/{name}/").text
    assert '<p class="nothing">There are no ' in page
    assert all(part not in page for part in ('name="action"', "changelist-filter", 'id="searchbar"', 'class="results"'))


def test_what_belongs_to_a_row_and_is_not_there_is_said_in_a_word(browser: Client) -> None:
    job = make_job("sync", "failed")
    job.events.all().delete()
    page = browser.get(f"/admin/jobs/job/{job.pk}/change/").text
    assert "<h2>Events</h2><p>None</p>" in page and "column-attempt" not in page


def test_each_value_of_a_file_has_its_label(browser: Client) -> None:
    scene = Scene.objects.create(pk=1, title="Dawn", created_at=timezone.now(), remote_updated_at="x")
    SceneFile.objects.create(pk=1, scene=scene, path="/data/dawn.mp4")
    page = browser.get("/scenes/1/").text
    assert all(f'data-column="{label}"' in page for label in ("Picture", "Length", "Size"))
