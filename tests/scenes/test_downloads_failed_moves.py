"""qBittorrent could not move a torrent: its files are not where the save path says, so nothing of it is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.models import Status
from scenes.attribution import disk
from scenes.crash_points import CrashPoint
from scenes.models import Outcome
from scenes.paths import PathMap, lies_in
from scenes.simulators.qbittorrent import SimulatedTorrent
from tests.acceptance.seeding import wait_until
from tests.scenes.placing import At, Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
CLEANUPS = ["remove_torrent", "remove_torrent_and_files"]
SHAPES = {
    "one file": ["a.mp4"],
    "a folder": ["Film/a.mp4", "Film/b.mp4"],
    "a folder of one": ["Film/a.mp4"],
    "loose files": ["a.mp4", "b.mp4"],
}


@pytest.fixture
def full(place: Place, tmp_path: Path) -> Iterator[Path]:
    """Where qBittorrent has no room."""
    place.qbittorrent.full = [tmp_path / "full"]
    yield tmp_path / "full"


def move(place: Place, torrent: SimulatedTorrent, to: Path) -> None:
    place.qbittorrent.server.call(place.qbittorrent.move, torrent, to)
    wait_until(lambda: torrent.state == "stalledUP", "the end of the move")


def make_room(place: Place, torrent: SimulatedTorrent) -> None:
    """And let qBittorrent recheck the torrent, after which it moves it again."""
    place.qbittorrent.full = []
    place.qbittorrent.server.call(place.qbittorrent.check, torrent)
    wait_until(lambda: torrent.state == "stalledUP" and torrent.content_folder is None, "the end of the move")


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != disk.MARKER]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def is_there(place: Place, name: str) -> bool:
    return name in {torrent.name for torrent in place.qbittorrent.store.torrents.values()}


# --- before it was handled ---


@pytest.mark.parametrize("files", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("cleanup", ["keep", *CLEANUPS])
@pytest.mark.parametrize("mode", ["hardlink", "hardlink_or_copy", "copy", "move"])
def test_nothing_of_it_is_placed_or_removed_and_it_is_handled_once_it_is_moved(
    place: Place, full: Path, mode: str, cleanup: str, files: list[str]
) -> None:
    place.configure(link_mode=mode, cleanup=cleanup)
    torrent = place.add("Film", files)
    intact = contents(place.downloads)
    move(place, torrent, full)
    job = place.run()
    assert (job.status, job.errors) == (Status.COMPLETED_WITH_ERRORS, 1) and result_of(job)["failed"] == 1
    assert place.in_library() == [] and contents(place.downloads) == intact and is_there(place, "Film")
    row = download_of("Film")
    assert (row.outcome, row.code) == (Outcome.FAILED, "move_failed")
    assert str(place.downloads) in row.message and str(full) in row.message and row.message in log_of(job)
    make_room(place, torrent)
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["synced_files"] == len(files)
    assert contents(place.library) == intact


def test_it_is_handled_where_it_is_when_its_location_is_set_back(place: Place, full: Path) -> None:
    torrent = place.add("Film", ["Film/a.mp4"])
    move(place, torrent, full)
    place.run()
    move(place, torrent, place.downloads)
    assert place.run().status == Status.COMPLETED
    assert (place.library / "Film/a.mp4").samefile(place.downloads / "Film/a.mp4")


def test_after_the_last_try_it_is_left_alone_and_still_handled_once_it_is_moved(place: Place, full: Path) -> None:
    torrent = place.add("Film", ["a.mp4"])
    move(place, torrent, full)
    assert [place.run().errors for _ in range(4)] == [1, 1, 1, 0]
    assert download_of("Film").outcome == Outcome.QUARANTINED
    make_room(place, torrent)
    place.run()
    assert download_of("Film").outcome == file_of("a.mp4").outcome == Outcome.DONE


def test_one_that_waited_for_the_end_of_the_move_is_told_that_it_failed(place: Place, full: Path) -> None:
    torrent = place.add("Film", ["a.mp4"])
    place.qbittorrent.change_torrent(torrent.hash, state="moving")
    place.run()
    assert download_of("Film").code == "still_moving"
    move(place, torrent, full)
    place.run()
    assert (download_of("Film").outcome, download_of("Film").code) == (Outcome.FAILED, "move_failed")


def test_the_others_go_on(place: Place, full: Path) -> None:
    torrent = place.add("Film", ["a.mp4"])
    place.add("Good", ["b.mp4"])
    move(place, torrent, full)
    job = place.run()
    assert job.errors == 1 and result_of(job)["synced_files"] == 1
    assert place.in_library() == ["b.mp4"]


def test_what_looks_so_for_an_instant_only_is_no_failure(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a torrent may that is finished in the folder for incomplete ones and moved out of it next."""
    torrent = place.add("Film", ["Film/a.mp4"])
    first = [str(place.downloads / "incomplete" / "Film/a.mp4"), "/elsewhere/Film/a.mp4"]

    def content_path(self: SimulatedTorrent) -> str:
        return first.pop() if first else f"{self.save_path}/Film/a.mp4"

    monkeypatch.setattr(type(torrent), "content_path", property(content_path))
    job = place.run()
    assert job.status == Status.COMPLETED and not first
    assert download_of("Film").code != "move_failed"
    place.run()
    assert download_of("Film").outcome == Outcome.DONE


def test_one_whose_move_begins_between_two_looks_is_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    torrent = place.add("Film", ["Film/a.mp4"])
    looks: list[str] = []

    def content_path(self: SimulatedTorrent) -> str:
        looks.append(self.state)
        if len(looks) == 3:
            self.state = "moving"
        return f"{self.save_path}/Film/a.mp4" if len(looks) == 1 else "/elsewhere/Film/a.mp4"

    monkeypatch.setattr(type(torrent), "content_path", property(content_path))
    job = place.run()
    assert (job.status, download_of("Film").code) == (Status.COMPLETED, "still_moving")


# --- out of a folder for incomplete torrents, which may lie below the save path on a disk of its own ---


@pytest.mark.parametrize("files", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("mode", ["hardlink", "copy", "move"])
def test_a_torrent_still_in_the_folder_for_incomplete_ones_below_its_save_path_is_seen(
    place: Place, mode: str, files: list[str]
) -> None:
    place.configure(link_mode=mode, cleanup="remove_torrent_and_files")
    incomplete = place.downloads / "incomplete"
    torrent = place.add("Film", files, save_path=incomplete)
    intact = contents(incomplete)
    place.qbittorrent.full = [place.downloads]
    move(place, torrent, place.downloads)
    assert (place.downloads / files[0]).stat().st_size == (incomplete / files[0]).stat().st_size
    for _ in range(2):
        assert place.run().errors == 1
        assert download_of("Film").code == "move_failed" and str(incomplete) in download_of("Film").message
        assert place.in_library() == [] and contents(incomplete) == intact and is_there(place, "Film")
    make_room(place, torrent)
    assert place.run().status == Status.COMPLETED
    assert contents(place.library) == intact


# --- while a job is at work ---


@pytest.mark.parametrize("cleanup", CLEANUPS)
def test_one_whose_move_failed_since_it_was_placed_is_not_removed(
    place: Place, full: Path, at: At, cleanup: str
) -> None:
    place.configure(cleanup=cleanup)
    torrent = place.add("Film", ["a.mp4"])
    intact = contents(place.downloads)
    at(CrashPoint.TORRENT_RECORDED, lambda: move(place, torrent, full))
    place.run()
    assert is_there(place, "Film") and contents(place.downloads) == intact


def test_one_whose_move_failed_since_the_job_began_is_not_taken_out_in_mode_move(
    place: Place, full: Path, at: At
) -> None:
    place.configure(link_mode="move")
    torrent = place.add("Film", ["a.mp4"])
    intact = contents(place.downloads)
    at(CrashPoint.TARGET_SAVED, lambda: move(place, torrent, full))
    assert result_of(place.run())["waiting"] == 1
    assert is_there(place, "Film") and contents(place.downloads) == intact and place.in_library() == []
    assert download_of("Film").code == "move_failed"
    make_room(place, torrent)
    assert result_of(place.run())["moved"] == 1
    assert contents(place.library) == intact


@pytest.mark.parametrize("mode", ["hardlink", "copy", "move"])
def test_one_whose_move_failed_since_the_job_began_is_not_placed(place: Place, full: Path, at: At, mode: str) -> None:
    place.configure(link_mode=mode)
    place.add("First", ["1.mp4"])
    second = place.add("Second", ["2.mp4"])
    second.completion_on += 10
    at(CrashPoint.FILE_RECORDED, lambda: move(place, second, full))
    place.run()
    assert place.in_library() == ["1.mp4"] and (place.downloads / "2.mp4").is_file()
    assert download_of("Second").code == "move_failed"


# --- after it was handled ---


@pytest.mark.parametrize("below", [False, True], ids=["another folder", "the folder above"])
@pytest.mark.parametrize("cleanup", CLEANUPS)
def test_one_that_was_handled_before_is_not_removed(place: Place, tmp_path: Path, cleanup: str, below: bool) -> None:
    place.configure(qbittorrent_handled_tag="stashhog")
    torrent = place.add("Film", ["Film/a.mp4"], save_path=place.downloads / "new")
    place.run()
    assert download_of("Film").tagged_at is not None
    intact = contents(place.downloads / "new")
    to = place.downloads if below else tmp_path / "full"
    place.qbittorrent.full = [to]
    move(place, torrent, to)
    place.configure(cleanup=cleanup)
    job = place.run()
    assert job.status == Status.COMPLETED and download_of("Film").outcome == Outcome.DONE
    assert is_there(place, "Film") and contents(place.downloads / "new") == intact


@pytest.mark.parametrize("mode", ["hardlink", "move"])
@pytest.mark.parametrize("below", [False, True], ids=["another folder", "the folder above"])
def test_files_that_a_badly_moved_torrent_still_has_are_somebodys(
    place: Place, tmp_path: Path, mode: str, below: bool
) -> None:
    """A cross-seed of the same files: by its save path it has others."""
    place.configure(link_mode=mode, cleanup="remove_torrent_and_files", qbittorrent_category="films")
    new = place.downloads / "new"
    place.add("Film", ["Film/a.mp4"], save_path=new, category="films")
    other = place.qbittorrent.add_torrent("Cross-seed", ["Film/a.mp4"], new)
    to = place.downloads if below else tmp_path / "full"
    place.qbittorrent.full = [to]
    move(place, other, to)
    place.run()
    assert (new / "Film/a.mp4").is_file() and is_there(place, "Film")


def test_a_file_with_the_suffix_of_incomplete_ones_is_in_its_place(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrent = place.add("Film", ["a.mp4.!qB"])
    monkeypatch.setattr(type(torrent), "content_path", str(place.downloads / "a.mp4"))
    place.run()
    assert download_of("Film").code == "incomplete"


# --- on Windows ---


def _on_windows(place: Place, torrent: SimulatedTorrent, save: str, content: str = "") -> None:
    def say() -> None:
        torrent.save_path, torrent.content_folder = Path(save), Path(content) if content else None

    place.qbittorrent.server.call(say)


@pytest.mark.parametrize("content", ["E:\\old", "D:\\dl2", "D:\\", "\\\\nas\\dl"])
def test_a_move_that_failed_on_windows_is_seen(place: Place, content: str) -> None:
    place.configure(path_map=PathMap.parse(f"qbittorrent:D:\\dl={place.downloads}"))
    torrent = place.add("Film", ["Film/a.mp4"])
    _on_windows(place, torrent, "D:\\dl", content)
    assert place.run().errors == 1
    assert download_of("Film").code == "move_failed" and place.in_library() == []
    assert content in download_of("Film").message


@pytest.mark.parametrize("files", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("content", ["", "d:\\DL", "D:/dl/", "D:\\x\\..\\dl"])
def test_a_good_torrent_on_windows_is_handled_however_the_two_paths_are_spelled(
    place: Place, content: str, files: list[str]
) -> None:
    place.configure(path_map=PathMap.parse(f"qbittorrent:D:\\dl={place.downloads}"))
    _on_windows(place, place.add("Film", files), "D:\\dl", content)
    assert place.run().status == Status.COMPLETED
    assert download_of("Film").outcome == Outcome.DONE


# --- odd answers ---


def test_a_finished_torrent_that_does_not_say_where_it_is_is_not_touched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.configure(cleanup="remove_torrent_and_files")
    torrent = place.add("Film", ["a.mp4"])
    monkeypatch.setattr(type(torrent), "content_path", "")
    assert place.run().errors == 1
    assert download_of("Film").code == "move_failed" and place.in_library() == []


@pytest.mark.parametrize(
    ("save", "content"),
    [("{0}/", "{0}/Film/"), ("{0}//", "{0}//Film"), ("{0}/x/..", "{0}/Film"), ("{0}", "{0}/./Film"), ("{0}", "{0}")],
)
def test_a_good_torrent_is_handled_however_the_two_paths_are_spelled(
    place: Place, monkeypatch: pytest.MonkeyPatch, save: str, content: str
) -> None:
    torrent = place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    (place.downloads / "x").mkdir()
    save_path: Any = place.downloads
    monkeypatch.setattr(type(torrent), "content_path", content.format(save_path))
    place.qbittorrent.server.call(setattr, torrent, "save_path", save.format(save_path))
    assert place.run().status == Status.COMPLETED
    assert download_of("Film").outcome == Outcome.DONE


@pytest.mark.parametrize(
    ("save", "content"),
    [
        ("/", "/Film"),
        ("//", "/Film"),
        ("/dl", "//dl/Film"),
        ("//dl", "/dl/Film"),
        ("D:\\", "D:/Film"),
        ("D:/", "d:\\film"),
    ],
)
def test_files_at_the_root_of_a_disk_are_in_their_place(save: str, content: str) -> None:
    assert lies_in(content, save)
    assert lies_in(f"{save}/Film/a.mp4", content)
    assert not lies_in("/other/Film", "//dl") and not lies_in("//dl2", "/dl")
