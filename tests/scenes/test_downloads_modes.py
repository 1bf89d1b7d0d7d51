"""Copy and move, the tag and the clean-up, and what is true after the process died at any point of it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from jobs import testing
from jobs.models import Status
from scenes.crash_points import CrashPoint
from scenes.downloads import cleanup
from scenes.downloads.counting import report
from scenes.downloads.files import file_to_place
from scenes.downloads.files.bursts import together
from scenes.downloads.processing import process
from scenes.downloads.torrents import finished_torrent
from scenes.models import Outcome, PlacedFile
from tests.scenes.placing import Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


class Died(BaseException):
    """The process ended here."""


@pytest.fixture
def die_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[CrashPoint | None], None]:
    """`die_at(point)`: end there as a killed process does, without any further code of ours; None: no more."""

    def arm(armed: CrashPoint | None) -> None:
        def crash_point(point: CrashPoint) -> None:
            if point == armed:
                raise Died

        for module in (cleanup, file_to_place, finished_torrent, together):
            monkeypatch.setattr(module, "crash_point", crash_point)

    return arm


def listed(place: Place) -> list[str]:
    """What qBittorrent still has."""
    return sorted(torrent.name for torrent in place.qbittorrent.store.torrents.values())


def tags_of(place: Place, name: str) -> list[str]:
    return next(t.tags for t in place.qbittorrent.store.torrents.values() if t.name == name)


# --- copy ---


def test_a_copy_is_whole_keeps_its_time_and_leaves_the_source(place: Place) -> None:
    place.configure(link_mode="copy")
    place.add("Film", {"Film/a.mp4": 9_000_000})
    source, target = place.downloads / "Film/a.mp4", place.library / "Film/a.mp4"
    os.utime(source, (1_600_000_000, 1_600_000_000))
    job = place.run()
    assert result_of(job)["copied"] == result_of(job)["synced_files"] == 1
    assert target.read_bytes() == source.read_bytes() and not target.samefile(source)
    assert target.stat().st_mtime == 1_600_000_000
    assert place.in_library() == ["Film", "Film/a.mp4"]


@pytest.mark.parametrize("mode", ["hardlink", "copy"])
@pytest.mark.parametrize("point", [CrashPoint.TARGET_SAVED, CrashPoint.FILE_LINKED, CrashPoint.FILE_RECORDED])
def test_a_process_that_died_placing_a_file_is_followed_by_one_that_finishes(
    place: Place, die_at: Callable[[CrashPoint | None], None], mode: str, point: CrashPoint
) -> None:
    place.configure(link_mode=mode)
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    context = testing.context("process_downloads")
    die_at(point)
    with pytest.raises(Died):
        process(context)
    assert file_of("Film/a.mp4").target == str(place.library / "Film/a.mp4")
    die_at(None)
    process(context)
    assert place.in_library() == ["Film", "Film/a.mp4", "Film/b.mp4"]
    result = report(context.job).result
    assert (result["synced_items"], result["synced_files"], result["already_there"]) == (1, 2, 0)
    assert result["linked" if mode == "hardlink" else "copied"] == 2
    assert not PlacedFile.objects.exclude(attempts=0).exists()


def test_a_name_taken_between_two_tries_leads_to_the_next_number(
    place: Place, die_at: Callable[[CrashPoint | None], None]
) -> None:
    place.add("Film", ["a.mp4"])
    context = testing.context("process_downloads")
    die_at(CrashPoint.TARGET_SAVED)
    with pytest.raises(Died):
        process(context)
    (place.library / "a.mp4").write_bytes(b"somebody else's")
    die_at(None)
    process(context)
    assert (place.library / "a.mp4").read_bytes() == b"somebody else's"
    assert file_of("a.mp4").target == str(place.library / "a (2).mp4")


# --- move ---


def test_a_move_takes_the_torrent_out_of_qbittorrent_and_then_its_videos(place: Place) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/a.mp4", "Film/b.mkv", "Film/readme.nfo"])
    inode = (place.downloads / "Film/a.mp4").stat().st_ino
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["moved"] == result_of(job)["synced_files"] == 2
    assert listed(place) == [] and download_of("Film").removed_at is not None
    assert (place.library / "Film/a.mp4").stat().st_ino == inode
    assert [path.name for path in (place.downloads / "Film").iterdir()] == ["readme.nfo"]


def test_a_file_that_another_torrent_has_is_not_moved(place: Place) -> None:
    place.configure(link_mode="move", qbittorrent_category="films")
    place.add("Film", ["Film/a.mp4"], category="films")
    place.qbittorrent.add_torrent("Cross-seed", ["Film/a.mp4"])
    job = place.run()
    assert (file_of("Film/a.mp4").outcome, file_of("Film/a.mp4").code) == (Outcome.FAILED, "shared")
    assert "Cross-seed" in file_of("Film/a.mp4").message and job.errors == 1
    assert listed(place) == ["Cross-seed", "Film"]
    assert (place.downloads / "Film/a.mp4").is_file() and place.in_library() == []


def test_a_torrent_is_moved_whole_or_not_at_all(place: Place) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    (place.downloads / "Film/b.mp4").rename(place.downloads / "away")
    job = place.run()
    assert listed(place) == ["Film"] and place.in_library() == []
    assert file_of("Film/a.mp4").code == "waits_for_rest" and file_of("Film/b.mp4").code == "not_visible"
    assert job.errors == 0 and result_of(job)["waiting"] == 2
    (place.downloads / "away").rename(place.downloads / "Film/b.mp4")
    assert result_of(place.run())["moved"] == 2


@pytest.mark.parametrize(
    "point",
    [CrashPoint.TARGET_SAVED, CrashPoint.TORRENT_REMOVED, CrashPoint.FILE_LINKED, CrashPoint.FILE_RECORDED],
)
def test_a_process_that_died_moving_is_followed_by_one_that_finishes(
    place: Place, die_at: Callable[[CrashPoint | None], None], point: CrashPoint
) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    context = testing.context("process_downloads")
    die_at(point)
    with pytest.raises(Died):
        process(context)
    die_at(None)
    process(context)
    assert place.in_library() == ["Film", "Film/a.mp4", "Film/b.mp4"]
    assert listed(place) == [] and not list(place.downloads.rglob("*.mp4"))
    assert report(context.job).result["moved"] == report(context.job).result["synced_files"] == 2
    assert download_of("Film").outcome == Outcome.DONE


def test_a_move_that_died_between_the_link_and_the_removal_of_the_source_is_finished(
    place: Place, die_at: Callable[[CrashPoint | None], None]
) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["a.mp4"])
    context = testing.context("process_downloads")
    die_at(CrashPoint.TORRENT_REMOVED)
    with pytest.raises(Died):
        process(context)
    (place.library / "a.mp4").hardlink_to(place.downloads / "a.mp4")
    die_at(None)
    process(context)
    assert place.in_library() == ["a.mp4"] and not (place.downloads / "a.mp4").exists()
    assert file_of("a.mp4").code == "moved"


# --- the tag ---


def test_handled_torrents_get_the_tag_and_only_they(place: Place) -> None:
    place.configure(qbittorrent_handled_tag="stashhog")
    place.add("Film", ["a.mp4"], tags=["mine"])
    place.add("Bad", ["b.mp4"])
    place.add("Music", ["c.mp3"])
    (place.downloads / "b.mp4").unlink()
    place.run()
    assert sorted(tags_of(place, "Film")) == ["mine", "stashhog"]
    assert tags_of(place, "Bad") == tags_of(place, "Music") == []
    assert download_of("Film").tagged_at is not None


def test_a_failing_tag_fails_no_item_and_is_set_by_the_next_run(place: Place) -> None:
    place.configure(qbittorrent_handled_tag="stashhog")
    place.add("Film", ["a.mp4"])
    place.qbittorrent.server.control.arm("reset", path="addTags", times=1)
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["synced_files"] == 1
    assert "left to the next run" in log_of(job)
    assert result_of(place.run())["synced_files"] == 0
    assert tags_of(place, "Film") == ["stashhog"]
    place.qbittorrent.server.control.forget()
    place.run()
    assert place.qbittorrent.server.control.asked("addTags") == []


# --- the clean-up ---


def test_nothing_is_removed_by_default(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    place.run()
    assert listed(place) == ["Film"]


def test_remove_torrent_keeps_the_files(place: Place) -> None:
    place.configure(cleanup="remove_torrent")
    place.add("Film", ["a.mp4"])
    place.add("Bad", ["b.mp4"])
    (place.downloads / "b.mp4").unlink()
    place.run()
    assert listed(place) == ["Bad"]
    assert (place.downloads / "a.mp4").is_file() and (place.library / "a.mp4").is_file()


def test_remove_with_files_deletes_them_once_every_wanted_one_is_linked(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    place.add("Film", ["Film/a.mp4", "Film/readme.nfo"])
    place.run()
    assert listed(place) == [] and not (place.downloads / "Film").exists()
    assert (place.library / "Film/a.mp4").stat().st_size == 1000


def test_files_of_which_the_library_has_only_a_copy_are_never_deleted(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files", link_mode="copy")
    place.add("Film", ["a.mp4"])
    job = place.run()
    assert listed(place) == ["Film"] and (place.downloads / "a.mp4").is_file()
    assert "not hard-linked" in log_of(job) and "not hard-linked" in download_of("Film").cleanup_message
    assert "not hard-linked" not in log_of(place.run())


def test_files_that_another_torrent_shares_are_never_deleted(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files", qbittorrent_category="films")
    place.add("Film", ["Film/a.mp4"], category="films")
    place.qbittorrent.add_torrent("Cross-seed", ["Film/a.mp4"])
    job = place.run()
    assert listed(place) == ["Cross-seed", "Film"] and (place.downloads / "Film/a.mp4").is_file()
    assert "Cross-seed" in log_of(job)


def test_files_of_a_library_that_is_the_download_folder_itself_are_never_deleted(place: Place) -> None:
    place.configure(cleanup="remove_torrent_and_files", library_path=place.downloads)
    place.stash.simulator.settings.libraries.append(str(place.downloads))
    place.add("Film", ["a.mp4"])
    (place.library / "another link.mp4").hardlink_to(place.downloads / "a.mp4")
    place.run()
    assert file_of("a.mp4").code == "already_there"
    assert listed(place) == ["Film"] and (place.downloads / "a.mp4").is_file()


@pytest.mark.parametrize("cleanup", ["remove_torrent", "remove_torrent_and_files"])
def test_a_file_that_vanished_from_the_library_keeps_its_torrent(place: Place, cleanup: str) -> None:
    place.add("Film", ["a.mp4"])
    place.run()
    (place.library / "a.mp4").unlink()
    place.configure(cleanup=cleanup)
    place.run()
    assert listed(place) == ["Film"] and (place.downloads / "a.mp4").is_file()


def test_qbittorrent_failing_at_the_clean_up_is_tried_again(place: Place) -> None:
    place.configure(cleanup="remove_torrent")
    place.add("Film", ["a.mp4"])
    place.qbittorrent.server.control.arm("reset", path="torrents/delete", times=1)
    assert place.run().status == Status.COMPLETED
    assert listed(place) == ["Film"]
    place.run()
    assert listed(place) == []
