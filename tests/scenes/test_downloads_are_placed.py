"""Finished torrents become files in the library, each with a row that says how it ended."""

from __future__ import annotations

import pytest

from jobs.models import Status
from scenes.models import Outcome, PlacedFile, Scan
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import Place, download_of, file_of, result_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_video_is_linked_under_its_name_from_the_file_list(place: Place) -> None:
    place.add("Dune Walk", ["Dune Walk/one.mp4", "Dune Walk/sub folder/two.mkv"])
    job = place.run()
    assert job.status == Status.COMPLETED, job.error_message
    for name in ("Dune Walk/one.mp4", "Dune Walk/sub folder/two.mkv"):
        assert (place.library / name).samefile(place.downloads / name)
        row = file_of(name)
        assert (row.outcome, row.code, row.target) == (Outcome.DONE, "linked", str(place.library / name))
        assert row.placed_by_id == job.id and row.placed_at is not None
    assert result_of(job)["synced_items"] == 1
    assert result_of(job)["synced_files"] == result_of(job)["linked"] == 2
    assert download_of("Dune Walk").outcome == Outcome.DONE


@pytest.mark.parametrize(
    "name", ["Größe & Gefühl.mp4", 'it\'s "quoted".mp4', "🦊 fox.mp4", "100 % _ [x].mp4", "a\nb.mp4"]
)
def test_unusual_names_are_kept_as_they_are(place: Place, name: str) -> None:
    place.add("Odd", [f"Odd/{name}"])
    assert place.run().status == Status.COMPLETED
    assert (place.library / "Odd" / name).samefile(place.downloads / "Odd" / name)


def test_a_torrent_without_a_root_folder_takes_only_its_own_files(place: Place) -> None:
    (place.downloads / "somebody else's.mp4").write_bytes(b"not of this torrent")
    place.add("Loose", ["one.mp4", "two.mp4"])
    place.run()
    assert place.in_library() == ["one.mp4", "two.mp4"]


def test_what_is_no_video_is_left_and_said_so(place: Place) -> None:
    place.add("Mixed", ["Mixed/film.MP4", "Mixed/readme.nfo", "Mixed/cover.jpg"])
    job = place.run()
    assert place.in_library() == ["Mixed", "Mixed/film.MP4"]
    assert file_of("Mixed/readme.nfo").outcome == Outcome.NOT_WANTED
    assert {file_of(f"Mixed/{name}").code for name in ("readme.nfo", "cover.jpg")} == {"no_video"}
    assert result_of(job)["not_wanted"] == 2 and result_of(job)["synced_files"] == 1
    assert job.status == Status.COMPLETED


def test_deselected_files_are_left_although_they_are_on_the_disk(place: Place) -> None:
    place.qbittorrent.add_torrent("Part", [NewFile("Part/a.mp4", 900), NewFile("Part/b.mp4", 800, priority=0)])
    job = place.run()
    assert place.in_library() == ["Part", "Part/a.mp4"]
    assert (file_of("Part/b.mp4").outcome, file_of("Part/b.mp4").code) == (Outcome.NOT_WANTED, "deselected")
    assert result_of(job)["synced_files"] == 1


def test_a_file_selected_later_is_taken_by_the_next_run(place: Place) -> None:
    files = [NewFile("Part/a.mp4", 900), NewFile("Part/b.mp4", 800, priority=0)]
    torrent = place.qbittorrent.add_torrent("Part", files)
    place.run()
    place.qbittorrent.change_torrent(torrent.hash, files={"Part/b.mp4": {"priority": 1}})
    job = place.run()
    assert result_of(job)["synced_files"] == 1
    assert place.in_library() == ["Part", "Part/a.mp4", "Part/b.mp4"]


@pytest.mark.parametrize("state", ["moving", "checkingUP"])
def test_what_qbittorrent_still_moves_or_checks_waits_for_a_later_run(place: Place, state: str) -> None:
    torrent = place.add("Busy", ["Busy/a.mp4"], state=state)
    job = place.run()
    assert job.status == Status.COMPLETED and place.in_library() == []
    row = download_of("Busy")
    assert row.outcome == Outcome.WAITING
    assert row.code == ("still_moving" if state == "moving" else "checking")
    assert result_of(job)["waiting"] == 1 and job.errors == 0
    place.qbittorrent.change_torrent(torrent.hash, state="stalledUP")
    assert result_of(place.run())["synced_files"] == 1
    assert download_of("Busy").outcome == Outcome.DONE


def test_unfinished_torrents_have_no_row_yet(place: Place) -> None:
    half = [NewFile("Half/a.mp4", 1000, progress=0.5)]
    place.qbittorrent.add_torrent("Half", half, state="downloading")
    place.qbittorrent.add_torrent("Checked", [NewFile("Checked/a.mp4", 1000, progress=0.5)], state="checkingDL")
    assert place.run().status == Status.COMPLETED
    assert PlacedFile.objects.count() == 0 and place.in_library() == []


def test_the_filter_takes_one_category_with_all_its_tags(place: Place) -> None:
    place.configure(qbittorrent_category="films", qbittorrent_tags=("new", "hd"))
    place.add("Taken", ["taken.mp4"], category="films", tags=["new", "hd", "more"])
    place.add("Other tags", ["other.mp4"], category="films", tags=["new"])
    torrent = place.add("Other category", ["third.mp4"], category="music", tags=["new", "hd"])
    job = place.run()
    assert place.in_library() == ["taken.mp4"]
    assert result_of(job)["left_out"] == 2 and result_of(job)["not_wanted"] == 0
    assert (download_of("Other tags").outcome, download_of("Other tags").code) == (Outcome.NOT_WANTED, "left_out")
    place.qbittorrent.change_torrent(torrent.hash, category="films")
    assert result_of(place.run())["synced_items"] == 1
    assert place.in_library() == ["taken.mp4", "third.mp4"]


def test_two_torrents_with_the_same_file_name_both_get_a_place(place: Place) -> None:
    place.add("Film", {"Film/a.mp4": 1000})
    other = place.downloads.parent / "other"
    place.add("Film", {"Film/a.mp4": 2000}, save_path=other)
    job = place.run()
    assert result_of(job)["synced_items"] == 2
    assert place.in_library() == ["Film", "Film/a (2).mp4", "Film/a.mp4"]
    sizes = {path.stat().st_size for path in (place.library / "Film").iterdir()}
    assert sizes == {1000, 2000}


def test_a_foreign_file_with_the_name_is_never_overwritten(place: Place) -> None:
    (place.library / "a.mp4").write_bytes(b"somebody else's")
    place.add("Film", ["a.mp4"])
    place.run()
    assert (place.library / "a.mp4").read_bytes() == b"somebody else's"
    assert (place.library / "a (2).mp4").samefile(place.downloads / "a.mp4")


def test_a_file_that_is_there_already_counts_as_done_and_not_as_synced(place: Place) -> None:
    place.add("Linked before", ["a.mp4"])
    place.add("Copied before", ["b.mp4"])
    (place.library / "a.mp4").hardlink_to(place.downloads / "a.mp4")
    (place.library / "b.mp4").write_bytes((place.downloads / "b.mp4").read_bytes())
    job = place.run()
    assert {file_of(name).code for name in ("a.mp4", "b.mp4")} == {"already_there"}
    assert result_of(job)["already_there"] == 2
    assert result_of(job)["synced_items"] == result_of(job)["synced_files"] == 0
    assert Scan.objects.due().count() == 2
    assert place.in_library() == ["a.mp4", "b.mp4"]


def test_a_cross_seeded_file_is_placed_once(place: Place) -> None:
    place.add("Here", ["a.mp4"])
    place.qbittorrent.add_torrent("Also here", ["a.mp4"])
    job = place.run()
    assert place.in_library() == ["a.mp4"]
    assert result_of(job)["synced_files"] == 1 and result_of(job)["already_there"] == 1
    assert Scan.objects.due().count() == 1


def test_a_second_run_has_nothing_to_do_and_asks_for_no_files(place: Place) -> None:
    for number in range(5):
        place.add(f"Film {number}", [f"{number}.mp4"])
    place.run()
    place.qbittorrent.server.control.forget()
    place.stash.forget_requests()
    job = place.run()
    assert job.status == Status.COMPLETED and job.message == "No torrent is new"
    assert result_of(job)["synced_files"] == 0
    assert place.qbittorrent.server.control.asked("torrents/files") == []
    assert place.stash.requests == []


def test_one_more_torrent_is_all_that_the_next_run_does(place: Place) -> None:
    place.add("First", ["1.mp4"])
    place.run()
    place.add("Second", ["2.mp4"])
    job = place.run()
    assert result_of(job)["synced_items"] == result_of(job)["synced_files"] == 1


def test_handled_downloads_cost_no_query_each(place: Place, django_assert_max_num_queries) -> None:
    place.add("First", ["first.mp4"])
    place.run()
    with django_assert_max_num_queries(200) as few:
        place.run()
    for number in range(20):
        place.add(f"Film {number}", [f"{number}.mp4"])
    place.run()
    with django_assert_max_num_queries(200) as many:
        place.run()
    assert len(many) == len(few)
