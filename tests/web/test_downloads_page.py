"""The downloads: torrents with their files inside, what came of each and why; retried, released, run now."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Job
from scenes.downloads.results import DELETED
from scenes.models import Download, PlacedFile, Scan
from scenes.web.library.downloads import SIZE
from tests.web.factories import next_of

pytestmark = pytest.mark.django_db


def torrent(number: int, outcome: str = "done", files: int = 2, **columns: str) -> Download:
    name = columns.pop("name", f"Torrent {number}")
    made = Download.objects.create(hash=f"{number:040}", name=name, outcome=outcome, size=3 * 10**9, **columns)
    PlacedFile.objects.bulk_create(
        PlacedFile(download=made, name=f"{name}/part-{number}-{index}.mkv", size=10**6, outcome=outcome)
        for index in range(files)
    )
    return made


def names(browser: Client, query: str = "") -> list[int]:
    page = browser.get(f"/downloads/{query}").text
    return [int(part.partition('"')[0]) for part in page.split('id="download-')[1:]]


def test_files_are_inside_their_torrent_with_reason_and_scene(browser: Client) -> None:
    made = torrent(1, "failed", message="Because.")
    file = made.files.first()
    assert file
    PlacedFile.objects.filter(pk=file.pk).update(outcome="done", target="/library/a.mkv")
    Scan.objects.create(file=file, outcome="done", scene_id=77)
    page = browser.get("/downloads/").text
    assert "Because." in page and "2.8\xa0GB" in page and "/library/a.mkv" in page
    assert 'href="/scenes/77/"' in page and "part-1-1.mkv" in page


def test_lists_by_outcome_and_search_by_name_file_reason_and_hash(browser: Client) -> None:
    done, failed = torrent(1), torrent(2, "failed", message="No permission here.")
    waiting, bad = torrent(3, "waiting"), torrent(4, "quarantined", name="فيلم 🎬 " + "x" * 200)
    assert names(browser) == [bad.pk, waiting.pk, failed.pk, done.pk]
    lists = {"waiting": [waiting], "failed": [failed], "quarantined": [bad], "done": [done], "bad": [bad, failed]}
    for need, rows in lists.items():
        assert names(browser, f"?need={need}") == [row.pk for row in rows]
    for words, row in (("part-1-0", done), ("permission", failed), ("فيلم", bad), ("0" * 39 + "3", waiting)):
        assert names(browser, f"?q={words}") == [row.pk]
    for wrong in ("need=x", "after=x", "download=x", "q=" + "x" * 300):
        assert browser.get(f"/downloads/?{wrong}").status_code == 302


def test_many_torrents_of_many_files_take_as_many_queries_and_pages(browser: Client) -> None:
    torrent(1)
    browser.get("/downloads/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/downloads/")
    big = torrent(2, files=100)
    PlacedFile.objects.filter(pk=big.files.last().pk).update(outcome="failed", message="At the very end.")  # type: ignore[union-attr]
    for number in range(3, 40):
        torrent(number)
    with CaptureQueriesContext(connection) as many:
        found = names(browser)
    assert len(many) == len(few) and len(found) == SIZE
    rest = browser.get(next_of(browser, "/downloads/")).text
    assert "At the very end." in rest, "what failed comes first"
    assert "All 100 files" in rest
    assert browser.get(f"/downloads/?download={big.pk}").text.count("<bdi>Torrent 2/part-2-") == 100


def test_release_and_retry(browser: Client) -> None:
    failed, bad = torrent(1, "failed"), torrent(2, "quarantined")
    browser.post("/downloads/release", {"download": bad.pk})
    bad.refresh_from_db()
    assert bad.outcome == "new" and set(bad.files.values_list("outcome", flat=True)) == {"new"}
    assert not Job.objects.exists()
    browser.post("/downloads/release", {"now": failed.pk})
    failed.refresh_from_db()
    assert failed.outcome == "new" and Job.objects.get().type == "process_downloads"
    page = browser.post("/downloads/release", {"now": failed.pk}, follow=True).text
    assert "nothing to release" in page and Job.objects.count() == 1
    assert browser.post("/downloads/release", {"download": "x"}).status_code == 302


def test_whoever_may_only_release_starts_nothing() -> None:
    failed = torrent(1, "failed")
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("rex", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=("release_items", "view_download")))
    client = Client()
    client.force_login(user)
    assert "Retry now" not in client.get("/downloads/").text
    assert client.post("/downloads/release", {"now": failed.pk}).status_code == 403
    failed.refresh_from_db()
    assert failed.outcome == "failed" and not Job.objects.exists()


def test_a_viewer_sees_no_button_and_an_empty_list_says_what_to_do(browser: Client) -> None:
    assert "No download was handled yet" in browser.get("/downloads/").text
    torrent(1, "failed")
    viewer = User.objects.create_user("vi", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client = Client()
    client.force_login(viewer)
    page = client.get("/downloads/").text
    assert "Torrent 1" in page and "Retry now" not in page and "Run now" not in page and ">Release" not in page


def deleted_file(number: int) -> PlacedFile:
    """It was placed, and its scene was deleted in Stash since."""
    file = torrent(number, "not_wanted", files=1).files.get()
    PlacedFile.objects.filter(pk=file.pk).update(code=DELETED)
    return file


def test_what_was_deleted_since_can_be_placed_again_after_a_question(browser: Client) -> None:
    file = deleted_file(1)
    page = browser.get("/downloads/").text
    button = page.partition('formaction="/downloads/place-again#')[2].partition(">")[0]
    assert f'name="file" value="{file.pk}"' in button and "data-confirm=" in button
    page = browser.post("/downloads/place-again", {"file": file.pk, "confirmed": "yes"}, follow=True).text
    assert f"The next run places {file.name} again." in page
    file.refresh_from_db()
    assert file.wanted_again and "place-again" not in page


def test_what_is_in_the_library_is_not_placed_again(browser: Client, tmp_path: Path) -> None:
    file = torrent(1, files=1).files.get()
    target = tmp_path / "a.mkv"
    target.touch()
    PlacedFile.objects.filter(pk=file.pk).update(target=str(target), placed_at=timezone.now())
    assert "place-again" not in browser.get("/downloads/").text, "most of all files are placed and there"
    assert "place-again" in browser.get(f"/downloads/?download={file.download_id}").text
    page = browser.post("/downloads/place-again", {"file": file.pk, "confirmed": "yes"}, follow=True).text
    assert "there is nothing to place again" in page


@pytest.mark.parametrize("given", ["", "x", "999"])
def test_of_no_file_it_is_said(browser: Client, given: str) -> None:
    assert 'class="message' in browser.post("/downloads/place-again", {"file": given}, follow=True).text


def test_whose_torrent_is_gone_is_not_offered(browser: Client) -> None:
    file = deleted_file(1)
    Download.objects.update(removed_at=timezone.now())
    assert "place-again" not in browser.get("/downloads/").text
    assert (
        "no longer in qBittorrent"
        in browser.post("/downloads/place-again", {"file": file.pk, "confirmed": "yes"}, follow=True).text
    )
