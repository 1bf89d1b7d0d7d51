"""Symbolic links in place of downloads: another torrent's file is there already, others are refused, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.models import Status
from scenes.models import Outcome, PlacedFile
from tests.scenes.placing import Place, download_of, file_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def replace_by_link(place: Place, name: str, target: Path) -> None:
    path = place.downloads / name
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize("save_path", [None, "elsewhere"])
@pytest.mark.parametrize("first", ["Film", "Other"])
def test_a_link_to_another_torrents_file_is_already_there(place: Place, first: str, save_path: str | None) -> None:
    options = {"save_path": place.downloads.parent / save_path} if save_path else {}
    for name in sorted(["Film", "Other"], key=lambda name: name != first):
        place.add(name, [f"{name}/{name}.mp4"], **(options if name == "Film" else {}))
    replace_by_link(place, "Other/Other.mp4", (options.get("save_path") or place.downloads) / "Film/Film.mp4")
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["linked"] == 1
    row = file_of("Other/Other.mp4")
    assert (row.outcome, row.code) == (Outcome.DONE, "already_there") and "Film" in row.message
    assert place.in_library() == ["Film", "Film/Film.mp4"]
    assert place.run().message == "No torrent is new"


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_it_never_lets_the_only_copy_be_deleted(place: Place, cleanup: str) -> None:
    place.configure(cleanup=cleanup)
    place.add("Film", ["Film/a.mp4"])
    place.add("Other", ["Other/a.mp4"])
    replace_by_link(place, "Other/a.mp4", place.downloads / "Film/a.mp4")
    for _ in range(2):
        place.run()
    assert (place.library / "Film/a.mp4").stat().st_size == 1000


def test_a_link_to_a_torrent_that_the_filter_leaves_out_is_not_called_done(place: Place) -> None:
    place.configure(qbittorrent_category="films")
    place.qbittorrent.add_category("films") if hasattr(place.qbittorrent, "add_category") else None
    place.add("Film", ["Film/a.mp4"])
    place.add("Other", ["Other/b.mp4"], category="films")
    replace_by_link(place, "Other/b.mp4", place.downloads / "Film/a.mp4")
    place.run()
    assert file_of("Other/b.mp4").outcome == Outcome.NOT_WANTED and place.in_library() == []


def test_of_two_links_to_one_file_that_no_torrent_lists_none_stands_for_the_other(place: Place) -> None:
    store = place.downloads / "store.mp4"
    for name in ("Film", "Other"):
        place.add(name, [f"{name}/a.mp4"])
    store.write_bytes((place.downloads / "Film/a.mp4").read_bytes())
    for name in ("Film", "Other"):
        replace_by_link(place, f"{name}/a.mp4", store)
    place.run()
    assert sorted(PlacedFile.objects.values_list("code", flat=True)) == ["already_there", "linked"]


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_link_out_of_the_torrents_folder_is_refused_once(place: Place, is_folder: bool) -> None:
    place.add("Film", ["Film/a.mp4"])
    outside = place.library.parent / "outside"
    outside.mkdir()
    (place.downloads / "Film/a.mp4").rename(outside / "a.mp4")
    if is_folder:
        (place.downloads / "Film").rmdir()
        (place.downloads / "Film").symlink_to(outside)
    else:
        (place.downloads / "Film/a.mp4").symlink_to(outside / "a.mp4")
    job = place.run()
    row = file_of("Film/a.mp4")
    assert (row.outcome, row.code, job.errors) == (Outcome.QUARANTINED, "unsafe_path", 1)
    again = place.run()
    assert (again.status, again.errors) == (Status.COMPLETED, 0) and place.in_library() == []
    assert download_of("Film").outcome == Outcome.QUARANTINED


def test_released_with_the_file_itself_in_its_place_it_is_placed(place: Place) -> None:
    place.add("Film", ["Film/a.mp4"])
    outside = place.library.parent / "a.mp4"
    (place.downloads / "Film/a.mp4").rename(outside)
    (place.downloads / "Film/a.mp4").symlink_to(outside)
    place.run()
    (place.downloads / "Film/a.mp4").unlink()
    outside.rename(place.downloads / "Film/a.mp4")
    PlacedFile.objects.all().release()
    assert result_of(place.run())["linked"] == 1
