"""No page of the admin shows how things are stored: JSON, keys, words of Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jobs.models import Event, Job, Schedule, Status
from scenes.models import Change, Detection, Download, Plan, Scene, SceneFile, StashJob
from tests.web import pseudo
from tests.web.data_on_pages import types_of_the_product
from tests.web.factories import make_job
from tests.web.permissions.stage import Stage
from tests.web.permissions.table import ADMIN, NOBODY

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]  # of texts and templates
STORED = re.compile(r"[{\[][\"']\w|\b(?:null|True|False)\b|\b[a-z]+_[a-z_]+\b|<(?:class|function)|\bobject at 0x")
# Columns of tables that people share, and names that the stage gives.
DATA = re.compile(r"tag_name.*|__default__|shog_\w*|\S*/\S*|docs_\w*|manage\.py.*")


def texts_of(page: str) -> Iterator[str]:
    reader = pseudo.Reader()
    reader.feed(page)
    yield from (text for text in [*reader.texts, *reader.attributes] if text and not DATA.fullmatch(text))


def addresses() -> list[str]:
    pages = {address for (method, address), rule in ADMIN.items() if method == "GET" and rule != NOBODY}
    return sorted(address for address in pages if not address.endswith(("/export/", "jsi18n/")))


def rows_with_keys() -> None:
    """Of each table a row with whatever it may store as a key or as JSON."""
    job = make_job("stash_generate", Status.COMPLETED)
    params = {"detectors": ["detect_video_tags"], "max_scenes": None, "auto_approve": True}
    result = {"generated": 3, "without": {"imagePreviews": 2}, "steps": {"stash_scan": {"status": "completed"}}}
    Job.objects.filter(pk=job.pk).update(params=params, result=result, source="api", error_code="no_output")
    Event.objects.create(job=job, kind="item_failed", data={"name": "A", "kind": "scene", "batch_num": 3})
    Schedule.objects.create(name="Weekly", job_type="process_new_scenes", cron="0 3 * * 0", params=params)
    Download.objects.create(hash="c" * 40, name="C", code="deleted_in_stash", size=3 * 1024**3)
    StashJob.objects.create(kind="auto_tag", job=job, status="NOT_FOUND")


def test_no_page_of_the_admin_shows_how_things_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    types_of_the_product(monkeypatch)
    stage = Stage()
    stage.add_the_rest()
    rows_with_keys()
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    found: dict[str, str] = {}
    for address in addresses():
        answer = client.get(stage.filled(address))
        if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            found |= {text: address for text in texts_of(answer.text) if STORED.search(text)}
    assert found == {}


@pytest.fixture
def scene() -> Scene:
    return Scene.objects.create(pk=1, title="Dawn", created_at=timezone.now(), remote_updated_at="x")


def test_the_page_of_a_change_says_what_was_there_before_and_after(browser: Client, scene: Scene) -> None:
    change = Plan.objects.create().changes.create(
        scene=scene, kind="add_marker", value={"tag": "Beach", "title": "Beach", "start": 12, "end": 30.5}, key="k",
        detector="detect_video_tags", status=Change.Status.APPLIED, before={"present": False},
        after={"present": True, "marker_id": 7}, applied_at=timezone.now(),
    )  # fmt: skip
    page = browser.get(f"/admin/scenes/change/{change.pk}/change/").text
    texts = list(texts_of(page))
    for text in ("not there", "there (marker 7)", "Beach, 0:12 to 0:30", "Video tagger", "Written"):
        assert text in texts, text
    assert "marker_id" not in page and "{" not in page.partition("<fieldset")[2].partition("</form>")[0]


def test_a_filter_says_the_words_of_the_pages_and_finds_the_same_rows(browser: Client, scene: Scene) -> None:
    Detection.objects.create(scene=scene, detector="detect_names_by_llm")
    Download.objects.create(hash="c" * 40, name="C", code="deleted_in_stash")
    make_job("process_new_scenes", Status.COMPLETED)
    text = {
        "/admin/scenes/detection/": ("?detector=detect_names_by_llm", "Language model"),
        "/admin/scenes/download/": ("?code=deleted_in_stash", "Deleted in Stash"),
        "/admin/jobs/job/": ("?type=process_new_scenes", "Process new scenes"),
    }
    for address, (query, words) in text.items():
        page = browser.get(address).text
        assert f'<a href="{query}">{words}</a>' in page, address
        assert browser.get(address + query).context["cl"].result_count == 1


def test_a_filter_speaks_german_and_a_missing_value_has_a_name(browser: Client) -> None:
    Download.objects.create(hash="c" * 40, name="C", code="deleted_in_stash")
    Download.objects.create(hash="d" * 40, name="D", code="")
    page = browser.get("/admin/scenes/download/", headers={"accept-language": "de"}).text
    assert ">In Stash gelöscht</a>" in page and ">Keine</a>" in page


def test_sizes_and_lengths_are_those_of_people(browser: Client, scene: Scene) -> None:
    SceneFile.objects.create(pk=1, scene=scene, path="/a.mp4", size=3 * 1024**3, duration=3725)
    page = browser.get("/admin/scenes/scenefile/").text
    assert "3.0\xa0GB" in page and "1:02:05" in page and "3221225472" not in page
