"""In the admin; and on a phone each value of a scene's file says what it is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Schedule
from scenes.models import Scene, SceneFile

pytestmark = pytest.mark.django_db


def test_an_empty_list_says_whether_there_is_nothing_or_nothing_that_fits(browser: Client) -> None:
    Schedule.objects.all().delete()
    assert "There is nothing here." in browser.get("/admin/jobs/schedule/").text
    Schedule.objects.create(name="Nightly", job_type="process_new_scenes", cron="0 3 * * *", enabled=True)
    assert "There is nothing here." not in browser.get("/admin/jobs/schedule/").text
    for query in ("?q=weekly", "?enabled__exact=0"):
        assert "Nothing fits the search and the filters." in browser.get(f"/admin/jobs/schedule/{query}").text


def test_each_value_of_a_file_has_its_label(browser: Client) -> None:
    scene = Scene.objects.create(pk=1, title="Dawn", created_at=timezone.now(), remote_updated_at="x")
    SceneFile.objects.create(pk=1, scene=scene, path="/data/dawn.mp4")
    page = browser.get("/scenes/1/").text
    assert all(f'data-column="{label}"' in page for label in ("Picture", "Length", "Size"))
