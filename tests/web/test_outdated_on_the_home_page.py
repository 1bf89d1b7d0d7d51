"""The home page and the API say how many scenes an older model saw, and start asking again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from scenes.analysis.tagger.models import remember
from scenes.clients.tagger.models import Model
from scenes.models import Detection, Scene, TaggerModel, TaggerModelSet
from scenes.simulators.tagger import running_tagger
from scenes.web import health

pytestmark = pytest.mark.django_db
URL = "http://tagger:8000"


@pytest.fixture(autouse=True)
def library(configure: Callable[..., Any]) -> None:
    """1,200 scenes seen by the old model of actions, one by that of today."""
    configure(tagger_url=URL)
    old, new = (TaggerModel.objects.create(name="moves", identifier="m", version=version) for version in ("1", "2"))
    for first, count, model in ((1, 1200, old), (5000, 1, new)):
        ids = range(first, first + count)
        Scene.objects.bulk_create(
            Scene(id=pk, created_at=timezone.now(), remote_updated_at="x", video_analyzed=True) for pk in ids
        )
        seen_with = TaggerModelSet.of({"actions": model.pk})
        Detection.objects.bulk_create(
            Detection(scene_id=pk, detector="detect_video_tags", handled_at=timezone.now(), seen_with=seen_with)
            for pk in ids
        )


def reported(version: str = "2") -> None:
    remember(URL, [Model("moves", version, ("actions",), "m")])


def test_the_home_page_counts_what_an_older_model_saw(browser: Client) -> None:
    assert "tagged by an older model" not in browser.get("/").text
    reported()
    page = browser.get("/").text
    assert "1,200 scenes were tagged by an older model of actions than today&#x27;s moves 2." in page
    assert "/admin/scenes/scene/?outdated=yes" in page
    assert "1200 scenes" in browser.get("/admin/scenes/scene/?outdated=yes").text


def test_a_button_there_asks_again_for_as_many_as_one_says(browser: Client) -> None:
    reported()
    assert 'name="outdated" value="true"' in browser.get("/").text
    answer = browser.post("/jobs/start", {"job_type": "analysis", "outdated": "true", "max_scenes": "7"})
    assert answer.status_code == 302
    job = Job.objects.get()
    assert (job.params["outdated"], job.params["max_scenes"], job.params["scene_ids"]) == (True, 7, [])


def test_the_api_counts_them_too(browser: Client) -> None:
    reported()
    assert browser.get("/api/tagger/outdated").json() == {
        "scenes": 1200,
        "categories": [{"category": "actions", "model": "moves 2", "older": 1200, "unseen": 0}],
    }
    reported("1")
    assert browser.get("/api/tagger/outdated").json() == {"scenes": 0, "categories": []}


def test_the_admin_asks_again_for_chosen_scenes(browser: Client) -> None:
    reported()
    data = {"action": "analyse_outdated", "_selected_action": ["3", "4"]}
    assert "was started" in browser.post("/admin/scenes/scene/", data, follow=True).text
    job = Job.objects.get()
    assert (job.params["outdated"], sorted(job.params["scene_ids"])) == (True, [3, 4])


def test_looking_at_how_the_services_are_learns_of_the_models(
    browser: Client, configure: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "monitor", health.HealthMonitor())
    with running_tagger(answers="v3") as tagger:
        tagger.upgrade("moves", version=2, identifier="m", categories=["actions"])
        configure(tagger_url=tagger.url)
        assert "Video tagger answers" in browser.get("/services").text
    assert browser.get("/api/tagger/outdated").json()["scenes"] == 1201, "light and others were never looked for"
    assert {count["category"] for count in browser.get("/api/tagger/outdated").json()["categories"]} >= {"actions"}
