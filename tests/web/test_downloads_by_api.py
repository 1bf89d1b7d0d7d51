"""Downloads and their files in the API: listed, looked at, released, tried again at once, placed again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from scenes.models import Download, Outcome, PlacedFile, Scan
from tests.web.factories import make_token

pytestmark = pytest.mark.django_db


def make(number: int, outcome: Outcome, code: str = "", **columns: Any) -> Download:
    return Download.objects.create(hash=f"{number:040}", name=f"Film {number}", outcome=outcome, code=code, **columns)


def make_file(download: Download, outcome: Outcome, code: str = "", **columns: Any) -> PlacedFile:
    name = f"{download.name}/{download.files.count()}.mp4"
    return PlacedFile.objects.create(download=download, name=name, size=5, outcome=outcome, code=code, **columns)


def ask(client: Client, method: str, address: str, status: int) -> Any:
    answer = client.generic(method, f"/api/{address}")
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        *[("", [3, 2, 1]), ("outcome=failed", [2]), ("code=linked", [1]), ("category=vr", [3]), ("name=FILM 2", [2])],
        *[("outcome=done&category=vr", []), ("limit=2", [3, 2])],
    ],
)
def test_downloads_are_listed_by_all_filters_that_are_given(program: Client, query: str, found: list[int]) -> None:
    make(1, Outcome.DONE, "linked")
    make(2, Outcome.FAILED, "disk_full", message="The disk is full.")
    make(3, Outcome.WAITING, "checking", category="vr")
    items = ask(program, "GET", f"downloads?{query}", 200)["items"]
    assert [item["name"] for item in items] == [f"Film {number}" for number in found]


def test_files_are_listed_and_looked_at(program: Client) -> None:
    first, second = make(1, Outcome.DONE), make(2, Outcome.FAILED)
    there = make_file(first, Outcome.DONE, "linked", target="/library/a.mp4")
    same = make_file(second, Outcome.DONE, "already_there", same_as=there)
    make_file(second, Outcome.FAILED, "no_permission")
    listed = ask(program, "GET", f"files?download_id={second.pk}", 200)["items"]
    assert [item["code"] for item in listed] == ["no_permission", "already_there"]
    assert ask(program, "GET", "files?outcome=failed", 200)["items"] == listed[:1]
    assert ask(program, "GET", f"files/{same.pk}", 200)["place"] == "/library/a.mp4"
    for address in ("files/77", "downloads/77", f"downloads/{2**70}"):
        ask(program, "GET", address, 404)


def test_a_release_concerns_the_download_with_its_files(program: Client) -> None:
    download = make(1, Outcome.QUARANTINED, attempts=3)
    file = make_file(download, Outcome.QUARANTINED, attempts=3)
    assert ask(program, "POST", f"downloads/{download.pk}/release", 200) == {"released": 1}
    download.refresh_from_db()
    file.refresh_from_db()
    assert (download.outcome, file.outcome) == (Outcome.NEW, Outcome.NEW)
    assert ask(program, "POST", f"files/{file.pk}/release", 200) == {"released": 0}
    ask(program, "POST", "files/77/release", 404)


def test_a_retry_releases_and_starts_the_job(program: Client) -> None:
    download = make(1, Outcome.QUARANTINED)
    job = ask(program, "POST", f"downloads/{download.pk}/retry", 201)
    assert Job.objects.get(pk=job["id"]).type == "process_downloads"
    download.refresh_from_db()
    assert download.outcome == Outcome.NEW
    ask(program, "POST", "downloads/77/retry", 404)
    assert Job.objects.count() == 1


def test_a_retry_of_a_file_releases_it_and_starts_the_job(program: Client) -> None:
    file = make_file(make(1, Outcome.DONE), Outcome.QUARANTINED)
    job = ask(program, "POST", f"files/{file.pk}/retry", 201)
    assert Job.objects.get(pk=job["id"]).type == "process_downloads"
    file.refresh_from_db()
    assert file.outcome == Outcome.NEW
    ask(program, "POST", "files/77/retry", 404)
    assert Job.objects.count() == 1


def test_a_retry_needs_the_permission_to_start_jobs_too() -> None:
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="release_items"))
    download = make(1, Outcome.QUARANTINED)
    file = make_file(download, Outcome.QUARANTINED)
    client = Client(headers={"authorization": f"Bearer {make_token(user)}"})
    for address in (f"downloads/{download.pk}", f"files/{file.pk}"):
        error = ask(client, "POST", f"{address}/retry", 403)["error"]
        assert error["detail"] == {"permission": "jobs.start_job"}
    download.refresh_from_db()
    file.refresh_from_db()
    assert (download.outcome, file.outcome) == (Outcome.QUARANTINED, Outcome.QUARANTINED)


def test_what_was_deleted_in_stash_is_wanted_again(program: Client) -> None:
    download = make(1, Outcome.DONE)
    file = make_file(download, Outcome.NOT_WANTED, "deleted_in_stash")
    assert ask(program, "POST", f"files/{file.pk}/place-again", 200)["outcome"] == "new"
    download.refresh_from_db()
    file.refresh_from_db()
    assert (download.outcome, file.wanted_again) == (Outcome.NEW, True)


def test_what_is_gone_from_its_place_is_placed_and_scanned_again(program: Client, tmp_path: Path) -> None:
    file = make_file(make(1, Outcome.DONE), Outcome.DONE, "linked", target=str(tmp_path / "a.mp4"))
    Scan.objects.create(file=file, outcome=Outcome.DONE, scene_id=7)
    ask(program, "POST", f"files/{file.pk}/place-again", 200)
    file.refresh_from_db()
    assert (file.outcome, file.target) == (Outcome.NEW, str(tmp_path / "a.mp4")), "it goes to the same place"
    assert (file.scan.outcome, file.scan.scene_id) == (Outcome.NEW, None)


@pytest.mark.parametrize("why", ["there", "never placed", "torrent gone"])
def test_what_can_not_be_placed_again_is_said(program: Client, tmp_path: Path, why: str) -> None:
    (tmp_path / "a.mp4").touch()
    gone = timezone.now() if why == "torrent gone" else None
    download = make(1, Outcome.DONE, removed_at=gone)
    target = str(tmp_path / ("a.mp4" if why == "there" else "b.mp4"))
    outcome = Outcome.FAILED if why == "never placed" else Outcome.DONE
    file = make_file(download, outcome, target=target)
    error = ask(program, "POST", f"files/{file.pk}/place-again", 409)["error"]
    words = {"there": "is in the library", "never placed": "not placed before", "torrent gone": "no longer in"}
    assert error["code"] == "not_possible" and words[why] in error["message"]
    assert PlacedFile.objects.get().outcome == outcome
