"""Quarantine and release: what was given up is tried again when a person says so."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from scenes import releasing
from scenes.models import Detection, Download, Generation, Outcome, PlacedFile, Scan, Scene, SceneFile
from tests.scenes.analysis_factories import due_scenes
from tests.scenes.needing import named, release, release_all
from tests.web.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(configure) -> Scene:
    configure(tagger_url="http://127.0.0.1:9")
    scene = Scene.objects.create(pk=7, created_at=datetime(2026, 1, 1, tzinfo=UTC), remote_updated_at="x")
    Generation.objects.create(scene=scene, outcome=Outcome.QUARANTINED, attempts=3)
    SceneFile.objects.create(pk=1, scene=scene, path="/data/a.mp4")
    for detector in ("detect_video_tags", "detect_tags"):
        Detection.objects.create(
            scene=scene, detector=detector, outcome=Outcome.QUARANTINED, attempts=3, message="can't be read"
        )
    return scene


@pytest.fixture
def download() -> Download:
    download = Download.objects.create(
        hash="a" * 40, name="A", save_path="/dl", outcome=Outcome.QUARANTINED, attempts=3
    )
    PlacedFile.objects.create(download=download, name="bad", size=1, source="/dl/bad", outcome=Outcome.QUARANTINED)
    found = {"size": 1, "outcome": Outcome.DONE}
    unseen = download.files.create(name="unseen", source="/dl/u", target="/lib/u", **found)
    Scan.objects.create(file=unseen, outcome=Outcome.QUARANTINED, attempts=3)
    good = download.files.create(name="good", source="/dl/g", target="/lib/g", **found)
    Scan.objects.create(file=good, outcome=Outcome.DONE, scene_id=3)
    return download


def test_a_released_scene_is_due_again(scene: Scene) -> None:
    assert not due_scenes().exists()
    assert releasing.release(Scene.objects.all()) == 3
    assert list(due_scenes()) == [scene]
    scene.refresh_from_db()
    assert scene.generation.attempts == 0


def test_a_released_download_is_handled_anew_and_its_good_files_stay_as_they_are(download: Download) -> None:
    assert releasing.release(Download.objects.all()) == 1
    download.refresh_from_db()
    assert (download.outcome, download.attempts) == (Outcome.NEW, 0)
    assert dict(download.files.values_list("name", "outcome")) == {"bad": "new", "unseen": "done", "good": "done"}
    assert dict(Scan.objects.values_list("file__name", "outcome")) == {"unseen": "new", "good": "done"}
    assert [scan.file.name for scan in Scan.objects.due()] == ["unseen"]


def test_releasing_by_command_takes_everything_or_what_is_named(scene: Scene, download: Download) -> None:
    output = StringIO()
    call_command("release", "--scene", "999", stdout=output)
    assert "Released 0 downloads, 0 files, 0 failures of scenes, 0 changes." in output.getvalue()
    call_command("release", stdout=output)
    assert "Released 1 downloads, 0 files, 3 failures of scenes, 0 changes." in output.getvalue()


@pytest.mark.parametrize(
    ("page", "action", "says"),
    [
        ("download", "release", "1 released"),
        ("placedfile", "release", "2 released"),
        ("scene", "release", "3 released"),
    ],
)
def test_releasing_in_the_admin(scene: Scene, download: Download, page: str, action: str, says: str) -> None:
    browser = Client()
    browser.force_login(make_user())
    models: dict[str, Any] = {"download": Download, "placedfile": PlacedFile, "scene": Scene}
    chosen = [str(pk) for pk in models[page].objects.values_list("pk", flat=True)]
    data = {"action": "release", "_selected_action": chosen}
    assert says in browser.post(f"/admin/scenes/{page}/", data, follow=True).text


def logged_in() -> Client:
    browser = Client()
    browser.force_login(make_user())
    return browser


def test_the_page_of_what_needs_you_names_what_failed_and_releases_it(scene: Scene, download: Download) -> None:
    browser = logged_in()
    page = browser.get("/needs/").text
    assert "can&#x27;t be read" in page and "Quarantined" in page
    (item, *_) = named()
    for field, pk in (("scene", 7), ("download", download.pk)):
        pages = release_all(browser, field, pk)
        assert pages and all("tries again" in page for page in pages)
    assert named() == []
    assert "somebody was faster" in release(browser, item)


def test_items_are_released_by_the_api(scene: Scene, download: Download) -> None:
    browser = logged_in()
    body = {"downloads": [download.pk], "scenes": [7, 999]}
    answer = browser.post("/api/release", body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"downloads": 1, "files": 0, "scenes": 3, "changes": 0})
    answer = browser.post("/api/release", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("field", ["download", "file", "scene"])
def test_ids_that_no_row_can_have_are_told_so(scene: Scene, download: Download, field: str) -> None:
    browser, huge = logged_in(), 10**30
    answer = browser.post("/api/release", {f"{field}s": [huge]}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    with pytest.raises(CommandError, match="is no id of a"):
        call_command("release", f"--{field}", str(huge))
