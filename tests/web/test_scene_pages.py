"""The list of scenes finds whatever it shows; the page of one tells all that was written to it, and takes it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Job, Status
from scenes.models import Change, Detection, Marker, Performer, Scene, Studio
from scenes.models.library import ScenePerformer
from tests.scenes.analysis_factories import add_change, add_tag, make_plan, make_scene, make_tag
from tests.web.factories import make_job, make_run, make_sub_job, next_of

pytestmark = pytest.mark.django_db


def shown(browser: Client, query: str = "", address: str = "/scenes/") -> list[int]:
    page = browser.get(f"{address}{query}").text
    return [int(part.partition('"')[0]) for part in page.split('<li id="scene-')[1:]]


@pytest.fixture
def library() -> None:
    make_scene(1, "Harbour at dawn", path="/data/films/xq-2160p.mkv", tags=(make_tag(1, "Beach"),))
    make_scene(
        2,
        "",
        file_name="night_train.mp4",
        path="/data/night_train.mp4",
        studio=Studio.objects.create(id=1, name="Nordlicht"),
    )
    make_scene(3, "مرحبا 🌊 " + "x" * 200, path="/data/three.mp4")
    ScenePerformer.objects.create(scene_id=3, performer=Performer.objects.create(id=1, name="Ada Lovelace"))
    make_scene(4, "Gone", deleted_at=timezone.now())


@pytest.mark.parametrize(
    ("words", "found"),
    [("harbour", [1]), ("HARBOUR dawn", [1]), ("night_train", [2]), ("xq-2160p", [1]), ("beach", [1]), ("nordl", [2]),
     ("lovelace", [3]), ("🌊", [3]), ("2", [2, 1]), ("nothing", []), ("gone", []), ("beach night", [])],
)  # fmt: skip
def test_search_finds_what_is_shown_and_the_names_of_files(
    browser: Client, library: None, words: str, found: list[int]
) -> None:
    assert shown(browser, f"?q={words}") == found


def test_the_list_is_that_of_a_count_or_of_a_tag(browser: Client, library: None) -> None:
    Scene.objects.filter(pk__in=(1, 2)).update(video_analyzed=True)
    assert shown(browser) == [3, 2, 1]
    assert shown(browser, "?need=not_analysed") == [3] and shown(browser, "?tag=1") == [1]
    assert "No scene fits" in browser.get("/scenes/?q=nothing").text


def test_a_list_of_many_is_read_to_its_end_in_as_many_queries(browser: Client) -> None:
    for pk in range(1, 4):
        make_scene(pk, tags=(make_tag(pk, f"Tag {pk}"),))
    browser.get("/scenes/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/scenes/")
    for pk in range(4, 60):
        make_scene(pk, tags=(make_tag(pk, f"Tag {pk}"),))
    with CaptureQueriesContext(connection) as many:
        first = shown(browser)
    assert len(many) == len(few)
    address, found = next_of(browser, "/scenes/"), first
    while address:
        found = [*found, *shown(browser, address=address)]
        address = next_of(browser, address)
    assert found == list(range(59, 0, -1))
    for wrong in ("after=x", "need=x", "q=" + "x" * 300, "q=" + "a+" * 20):
        assert browser.get(f"/scenes/?{wrong}").status_code == 302


def applied(**columns: Any) -> Change:
    change = add_tag(make_plan(), 1, "Dog_AI", status="applied")
    before_after = {"before": {"present": False}, "after": {"present": True, "tag_id": 5}, "stash_tag": 5}
    Change.objects.filter(pk=change.pk).update(applied_at=timezone.now(), **before_after | columns)
    return Change.objects.get(pk=change.pk)


@pytest.fixture
def written(user: User) -> Change:
    scene = make_scene(1, "Harbour", tags=(make_tag(5, "Dog_AI"), make_tag(6, "Theirs")))
    scene.files.update(size=2_500_000_000, duration=3725, width=1920, height=1080)
    run = make_run(Status.COMPLETED)
    job = make_sub_job(run, "analysis_batches", "apply_plan", Status.COMPLETED)
    return applied(confidence=0.87, applied_in=job, decided_by=user, decided_via="page", decided_at=timezone.now(),
                   evidence={"rule": "at least 5 s", "model": {"name": "vision"}})  # fmt: skip


def test_the_history_tells_before_after_detector_confidence_run_and_who(browser: Client, written: Change) -> None:
    page = browser.get("/scenes/1/").text
    history = page[page.index('id="history"') :]
    for words in ("Added tag “Dog_AI”", "not there", "there", "Video tagger", "vision", "87%", "at least 5 s",
                  "ada (Review page)", f'href="/jobs/{written.applied_in.root_id}/">the run'):  # type: ignore[union-attr]  # fmt: skip
        assert words in history, words
    assert "1:02:05" in page and "2.3\xa0GB" in page and "1920 × 1080" in page


def test_what_is_ours_is_marked_and_nothing_else(browser: Client, written: Change) -> None:
    Marker.objects.create(pk=8, scene_id=1, title="x", seconds=10, primary_tag_id=5)
    Marker.objects.create(pk=9, scene_id=1, title="y", seconds=20, primary_tag_id=6)
    change = add_change(make_plan(), 1, "add_marker", "applied", tag="Dog_AI", title="x", start=10.0, end=None)
    Change.objects.filter(pk=change.pk).update(before={"present": False}, after={"present": True, "marker_id": 8})
    page = browser.get("/scenes/1/").text
    assert 'class="chip ours" href="/scenes/?tag=5"' in page and 'class="chip" href="/scenes/?tag=6"' in page
    assert page.count('<rect class="ours"') == 1 and page.count('<rect class="there"') == 1
    Change.objects.update(before={"present": True})
    assert "chip ours" not in browser.get("/scenes/1/").text, "it was there before us"


def test_one_change_or_all_of_them_are_taken_back(browser: Client, written: Change) -> None:
    page = browser.post("/scenes/1/revert", {"change": written.pk}, follow=True).text
    job = Job.objects.get(type="revert_plan")
    assert (job.params["scene_id"], job.params["change_ids"], job.source) == (1, [written.pk], "page")
    assert "Is to be taken back" in page and 'name="change"' not in page
    Change.objects.update(revert_requested_at=None)
    browser.post("/scenes/1/revert", {"all": 1, "confirmed": "yes"})
    assert Job.objects.filter(type="revert_plan").count() == 2
    for sent in ({}, {"change": "x"}, {"change": 4711}):
        assert 'class="message error"' in browser.post("/scenes/1/revert", sent, follow=True).text
    assert Job.objects.filter(type="revert_plan").count() == 2


def test_what_can_be_started_for_a_scene(browser: Client, written: Change) -> None:
    for type in ("analysis", "stash_generate", "sync"):
        browser.post("/scenes/1/start", {"type": type})
        assert Job.objects.get(type=type).source == "page"
    assert Job.objects.get(type="analysis").params["scene_ids"] == [1]
    before = Job.objects.count()
    assert "no such job" in browser.post("/scenes/1/start", {"type": "process_new_scenes"}, follow=True).text
    assert Job.objects.count() == before and browser.post("/scenes/9/start", {"type": "sync"}).status_code == 404


@pytest.mark.parametrize(
    ("chosen", "address"),
    [
        ({"stash_url": "http://stash:9999/graphql"}, "http://stash:9999/scenes/1"),
        ({"stash_url": "http://me:secret@stash:9999"}, "http://stash:9999/scenes/1"),
        (
            {"stash_url": "http://stash:9999", "stash_public_url": "https://x.example/st/"},
            "https://x.example/st/scenes/1",
        ),
        ({"stash_url": ""}, ""),
    ],
)
def test_it_opens_in_stash_at_the_address_for_people(
    browser: Client, written: Change, configure, chosen: dict[str, str], address: str
) -> None:
    configure(**chosen)
    page = browser.get("/scenes/1/").text
    assert (f'href="{address}"' in page) if address else ("Open in Stash" not in page)
    assert "secret" not in page


def test_a_scene_of_many_changes_has_pages_of_history_and_as_many_queries(browser: Client, written: Change) -> None:
    browser.get("/scenes/1/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/scenes/1/")
    for number in range(60):
        applied(value={"name": f"Tag {number}"}, key=str(number), applied_in=make_job("apply_plan", Status.COMPLETED))
    with CaptureQueriesContext(connection) as many:
        page = browser.get("/scenes/1/").text
    assert len(many) == len(few) and page.count('<li id="change-') == 50
    rest = browser.get("/scenes/1/?after=" + page.partition("?after=")[2].partition("#")[0]).text
    assert rest.count('<li id="change-') == 11
    assert browser.get("/scenes/1/?after=x", follow=True).redirect_chain == [("/scenes/1/", 302)]


def test_a_page_of_nothing_is_a_404_and_one_of_little_is_whole(browser: Client) -> None:
    assert browser.get("/scenes/1/").status_code == 404
    make_scene(1, path=None)
    Detection.objects.create(scene_id=1, detector="detect_tags", outcome="failed", message="Why not.")
    page = browser.get("/scenes/1/").text
    assert "It has no file" in page and "has changed nothing" in page and "Why not." in page


def test_a_viewer_sees_the_history_and_no_button(written: Change) -> None:
    viewer = User.objects.create_user("vi", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(viewer)
    page = client.get("/scenes/1/").text
    assert "Added tag" in page and 'name="change"' not in page and 'name="type"' not in page
