"""What changes in qBittorrent while a job is at work: seen before anything that can't be taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs import testing
from jobs.models import Status
from scenes.crash_points import CrashPoint
from scenes.downloads.processing import process
from scenes.models import Outcome
from tests.scenes.placing import At, Died, Place, die, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def names_in(place: Place) -> list[str]:
    """What qBittorrent still has."""
    return sorted(torrent.name for torrent in place.qbittorrent.store.torrents.values())


def cross_seed(place: Place, name: str) -> Callable[[], object]:
    return lambda: place.qbittorrent.add_torrent("Cross-seed", [name])


# --- another torrent uses the files by now ---


def test_files_that_a_torrent_added_meanwhile_shares_are_not_deleted(place: Place, at: At) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", ["Film/a.mp4"])
    at(CrashPoint.TORRENT_RECORDED, cross_seed(place, "Film/a.mp4"))
    job = place.run()
    assert names_in(place) == ["Cross-seed", "Film"]
    assert (place.downloads / "Film/a.mp4").is_file() and "Cross-seed" in log_of(job)


def test_files_that_only_the_other_torrent_wants_are_not_deleted_either(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files", qbittorrent_category="films")
    place.add("Film", ["Film/a.mp4", "Film/extra.nfo"], category="films")
    place.qbittorrent.add_torrent("Cross-seed", ["Film/extra.nfo"])
    place.run()
    assert "Film" in names_in(place) and (place.downloads / "Film/extra.nfo").is_file()


def test_files_that_another_torrent_has_by_symbolic_links_are_not_deleted(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files", qbittorrent_category="films")
    place.add("Film", ["Film/a.mp4"], category="films")
    (place.downloads / "renamed.mp4").symlink_to(place.downloads / "Film/a.mp4")
    place.qbittorrent.add_torrent("Cross-seed", ["renamed.mp4"])
    place.run()
    assert "Film" in names_in(place) and (place.downloads / "Film/a.mp4").is_file()


def test_a_file_that_a_torrent_added_meanwhile_has_is_not_moved(place: Place, at: At) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/a.mp4"])
    at(CrashPoint.TARGET_SAVED, cross_seed(place, "Film/a.mp4"))
    place.run()
    assert (file_of("Film/a.mp4").outcome, file_of("Film/a.mp4").code) == (Outcome.FAILED, "shared")
    assert names_in(place) == ["Cross-seed", "Film"] and (place.downloads / "Film/a.mp4").is_file()


@pytest.mark.parametrize("point", [CrashPoint.TORRENT_REMOVED, CrashPoint.MOVE_PLACED])
def test_a_move_that_is_finished_later_leaves_the_source_to_a_torrent_that_uses_it_by_then(
    place: Place, at: At, point: CrashPoint
) -> None:
    place.configure(link_mode="move", qbittorrent_category="films")
    place.add("Film", ["Film/a.mp4"], category="films")
    context = testing.context("process_downloads")
    at(point, die)
    with pytest.raises(Died):
        process(context)
    cross_seed(place, "Film/a.mp4")()
    process(context)
    assert names_in(place) == ["Cross-seed"]
    assert (place.library / "Film/a.mp4").samefile(place.downloads / "Film/a.mp4")
    row = file_of("Film/a.mp4")
    assert (row.outcome, row.code) == (Outcome.DONE, "linked") and "Cross-seed" in row.message


# --- the torrent itself is not as it was ---


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_a_torrent_that_is_checked_or_moved_by_now_is_not_removed(place: Place, at: At, cleanup: str) -> None:
    place.configure(cleanup=cleanup)
    torrent = place.add("Film", ["a.mp4"])
    change = place.qbittorrent.change_torrent
    at(CrashPoint.TORRENT_RECORDED, lambda: change(torrent.hash, state="checkingUP"))
    assert "checking" in log_of(place.run())
    assert names_in(place) == ["Film"]
    change(torrent.hash, state="stalledUP")
    place.run()
    assert names_in(place) == []


def test_a_torrent_that_is_moved_by_now_is_not_taken_out_in_mode_move(place: Place, at: At) -> None:
    place.configure(link_mode="move")
    torrent = place.add("Film", ["a.mp4"])
    change = place.qbittorrent.change_torrent
    at(CrashPoint.TARGET_SAVED, lambda: change(torrent.hash, state="moving"))
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["waiting"] == 1
    assert names_in(place) == ["Film"] and (place.downloads / "a.mp4").is_file() and place.in_library() == []
    assert file_of("a.mp4").code == download_of("Film").code == "still_moving"
    change(torrent.hash, state="stalledUP")
    assert result_of(place.run())["moved"] == 1


def test_a_torrent_that_qbittorrent_moves_since_the_job_began_waits(place: Place, at: At) -> None:
    place.add("First", ["1.mp4"])
    second = place.add("Second", ["2.mp4"])
    first_is_done = CrashPoint.FILE_RECORDED
    at(first_is_done, lambda: place.qbittorrent.change_torrent(second.hash, state="moving"))
    second.completion_on += 10
    job = place.run()
    assert place.in_library() == ["1.mp4"]
    assert (download_of("Second").outcome, download_of("Second").code) == (Outcome.WAITING, "still_moving")
    assert result_of(job)["waiting"] == 1 and job.status == Status.COMPLETED


def test_a_torrent_that_was_moved_since_the_job_began_is_taken_from_its_new_place(place: Place, at: At) -> None:
    place.add("First", ["1.mp4"])
    second = place.add("Second", ["2.mp4"])
    second.completion_on += 10
    new = place.downloads / "new"

    def move() -> None:
        new.mkdir()
        (place.downloads / "2.mp4").rename(new / "2.mp4")
        place.qbittorrent.server.call(setattr, second, "save_path", new)

    at(CrashPoint.FILE_RECORDED, move)
    assert result_of(place.run())["synced_files"] == 2
    assert (place.library / "2.mp4").samefile(new / "2.mp4")
    assert download_of("Second").save_path == str(new)
