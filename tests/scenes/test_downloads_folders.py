"""Which folders of the library torrents get: never one that is a file, and one of their own where they have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import testing
from jobs.models import Status
from scenes.configuration import Configuration, read
from scenes.crash_points import CrashPoint
from scenes.downloads.files.torrent_folder import folder_for, safe_name
from scenes.downloads.processing import process
from scenes.env import Env
from scenes.models import Download, Outcome, PlacedFile
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import At, Died, Place, die, download_of, file_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def default_setting(place: Place) -> None:
    place.configure(torrent_folder=Configuration().torrent_folder)


def videos_in(place: Place) -> list[str]:
    return [name for name in place.in_library() if (place.library / name).is_file()]


# --- a folder that is called like a file ---


def test_a_folder_that_is_called_like_a_file_gets_a_number(place: Place) -> None:
    place.add("Film.mp4", ["Film.mp4"])
    place.run()
    files = {"Film.mp4/Film.mp4": 1000, "Film.mp4/Film.srt": 100, "Film.mp4/more/b.mp4": 1000}
    place.add("Film", files, save_path=place.downloads / "other")
    assert place.run().status == Status.COMPLETED
    assert videos_in(place) == ["Film.mp4", "Film.mp4 (2)/Film.mp4", "Film.mp4 (2)/Film.srt", "Film.mp4 (2)/more/b.mp4"]


@pytest.mark.parametrize("link_mode", ["copy", "move"])
def test_so_it_does_in_other_modes(place: Place, link_mode: str) -> None:
    place.configure(link_mode=link_mode)
    (place.library / "Film").write_text("somebody's")
    (place.library / "Film (2)").write_text("somebody's")
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    assert place.run().status == Status.COMPLETED
    assert videos_in(place) == ["Film", "Film (2)", "Film (3)/a.mp4", "Film (3)/b.mp4"]


def test_a_folder_inside_that_is_called_like_a_file_gets_a_number(place: Place) -> None:
    (place.library / "Film").mkdir()
    (place.library / "Film/extras").write_text("somebody's")
    place.add("Film", ["Film/extras/a.mp4", "Film/b.mp4"])
    place.run()
    assert videos_in(place) == ["Film/b.mp4", "Film/extras", "Film/extras (2)/a.mp4"]


def test_a_file_that_is_called_like_a_folder_gets_a_number(place: Place) -> None:
    (place.library / "Film.mp4").mkdir()
    place.add("Film.mp4", ["Film.mp4"])
    place.run()
    assert videos_in(place) == ["Film (2).mp4"]


def test_a_target_whose_folder_became_a_file_meanwhile_is_chosen_once_more(place: Place, at: At) -> None:
    place.add("Film", ["Film/a.mp4"])
    at(CrashPoint.TARGET_SAVED, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    assert file_of("Film/a.mp4").target == str(place.library / "Film/a.mp4")
    (place.library / "Film").write_text("somebody's")
    process(context)
    assert videos_in(place) == ["Film", "Film (2)/a.mp4"]


def test_a_link_to_a_folder_that_is_away_is_not_taken_for_a_file(place: Place) -> None:
    (place.library / "Film").symlink_to(place.library / "away")
    place.add("Film", ["Film/a.mp4"])
    assert place.run().status == Status.COMPLETED_WITH_ERRORS
    assert place.in_library() == ["Film"]


# --- a torrent without a folder of its own ---


def test_several_files_without_a_folder_go_into_one_with_the_torrents_name(place: Place) -> None:
    place.add("My Film", ["a.mp4", "a.en.srt", "more/b.mp4"])
    place.run()
    assert videos_in(place) == ["My Film/a.en.srt", "My Film/a.mp4", "My Film/more/b.mp4"]
    assert download_of("My Film").folder == "My Film"


def test_a_video_and_what_is_not_wanted_are_several_files_too(place: Place) -> None:
    place.add("My Film", {"a.mp4": 1000, "readme.nfo": 10})
    place.run()
    assert videos_in(place) == ["My Film/a.mp4"]


def test_one_file_and_files_with_a_folder_go_where_the_list_says(place: Place) -> None:
    place.add("Single", ["1080p.mp4"])
    place.add("Rooted", ["Root/a.mp4", "Root/sub/b.mp4"])
    place.run()
    assert videos_in(place) == ["1080p.mp4", "Root/a.mp4", "Root/sub/b.mp4"]


@pytest.mark.parametrize(
    "when, expected",
    [
        ("never", ["1080p.mp4", "Clear.mp4", "a.mp4", "b.mp4"]),
        ("several", ["1080p.mp4", "Clear.mp4", "Two/a.mp4", "Two/b.mp4"]),
        ("several_or_unclear", ["Clear.mp4", "One/1080p.mp4", "Two/a.mp4", "Two/b.mp4"]),
        ("always", ["Clear/Clear.mp4", "One/1080p.mp4", "Two/a.mp4", "Two/b.mp4"]),
    ],
)
def test_which_get_a_folder_is_a_setting(place: Place, when: str, expected: list[str]) -> None:
    place.configure(torrent_folder=when)
    place.add("One", ["1080p.mp4"])
    place.add("Two", ["a.mp4", "b.mp4"])
    place.add("Clear.mp4", ["Clear.mp4"])
    place.run()
    assert videos_in(place) == expected


def test_what_was_placed_stays_and_what_comes_later_goes_into_the_folder(place: Place) -> None:
    place.configure(torrent_folder="never")
    files = [NewFile("a.mp4", 1000), NewFile("b.mp4", 1000, priority=0)]
    torrent = place.qbittorrent.add_torrent("My Film", files)
    place.run()
    place.configure(torrent_folder="several")
    place.qbittorrent.change_torrent(torrent.hash, files={"b.mp4": {"priority": 1}})
    place.run()
    assert videos_in(place) == ["My Film/b.mp4", "a.mp4"]


def test_a_torrent_that_is_renamed_keeps_its_folder(place: Place) -> None:
    files = [NewFile("a.mp4", 1000), NewFile("b.mp4", 1000, priority=0)]
    torrent = place.qbittorrent.add_torrent("My Film", files)
    place.run()
    torrent.name = "Another name"
    place.qbittorrent.change_torrent(torrent.hash, files={"b.mp4": {"priority": 1}})
    place.run()
    assert videos_in(place) == ["My Film/a.mp4", "My Film/b.mp4"]


def test_two_torrents_with_one_name_lose_nothing(place: Place) -> None:
    place.add("Same", ["a.mp4", "b.mp4"])
    other = place.downloads / "other"
    place.qbittorrent.add_torrent("Same", [NewFile("a.mp4", 2000), NewFile("c.mp4", 2000)], other)
    place.run()
    assert videos_in(place) == ["Same/a (2).mp4", "Same/a.mp4", "Same/b.mp4", "Same/c.mp4"]
    assert PlacedFile.objects.filter(outcome=Outcome.DONE).count() == 4


def test_a_torrent_that_is_called_like_a_file_gets_a_number(place: Place) -> None:
    (place.library / "My Film").write_text("somebody's")
    place.add("My Film", ["a.mp4", "b.mp4"])
    place.run()
    assert videos_in(place) == ["My Film", "My Film (2)/a.mp4", "My Film (2)/b.mp4"]


@pytest.mark.parametrize("name", ["../../etc", "/", "..", ".", "a/b\\c", " ", "x" * 400, "\x00\n", "ü" * 300])
def test_no_name_of_a_torrent_leads_out_of_the_library(place: Place, name: str) -> None:
    place.add(name, ["a.mp4", "b.mp4"])
    assert result_of(place.run())["synced_files"] == 2
    found = list(place.library.rglob("*.mp4"))
    assert len(found) == 2 and all(len(path.relative_to(place.library).parts) <= 2 for path in found)


@pytest.mark.parametrize(
    "name, safe",
    [
        ("My: Film?", "My Film"), ("a/b", "a b"), ("..hidden..", "hidden"), ("Größe 🦊", "Größe 🦊"), ("...", ""),
        ("x" * 300, "x" * 200), ("ü" * 200, "ü" * 100), ("a\tb", "a b"), ("\udce4", ""),
    ],
)  # fmt: skip
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    "file",
    [
        "1080p.mp4",
        "video.mp4",
        "00001.m2ts",
        "4K.mkv",
        "VTS_01_1.vob",
        "Movie 2.mp4",
        "2160p60.mp4",
        "7.mp4",
        "part1.avi",
    ],
)
def test_names_that_say_nothing_get_the_torrents(file: str) -> None:
    assert folder_for("My Film", [file], "several_or_unclear") == "My Film"
    assert folder_for(file, [file], "several_or_unclear") == ""
    assert folder_for("My Film", [file], "several") == ""


@pytest.mark.parametrize("file", ["Film (2020).mp4", "The Movie.mp4", "1917 1080p.mp4", "S01E02.mkv", "Moviemaker.mp4"])
def test_names_that_say_something_stay_alone(file: str) -> None:
    assert folder_for("My Film", [file], "several_or_unclear") == ""


def test_the_variable_has_one_of_four_values() -> None:
    assert read(Env({})).torrent_folder == "several"
    assert read(Env({"STASHHOG_TORRENT_FOLDER": "Always"})).torrent_folder == "always"


def test_a_move_that_is_finished_later_keeps_the_folder(place: Place, at: At) -> None:
    place.configure(link_mode="move")
    place.add("My Film", ["a.mp4", "b.mp4"])
    at(CrashPoint.TORRENT_REMOVED, die)
    context = testing.context("process_downloads")
    with pytest.raises(Died):
        process(context)
    process(context)
    assert videos_in(place) == ["My Film/a.mp4", "My Film/b.mp4"] and Download.objects.get().outcome == Outcome.DONE
    assert not list(Path(place.downloads).rglob("*.mp4"))
