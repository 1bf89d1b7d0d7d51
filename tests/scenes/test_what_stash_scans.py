"""What Stash would not scan is not placed: its extensions, exclusion patterns and folders decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.models import Job, Status
from scenes.clients.stash.client import LibraryFolder, ScanSettings
from scenes.models import Outcome, PlacedFile, SyncState
from scenes.simulators.stash.settings import Settings
from scenes.sync.scan_rules import ScanRules
from tests.scenes.placing import Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def settings_of(place: Place) -> Settings:
    return place.stash.simulator.settings


def assert_left(job: Job, place: Place, name: str, reason: str) -> None:
    row = file_of(name)
    assert job.status == Status.COMPLETED and result_of(job)["failed"] == 0
    assert (row.outcome, row.code, row.attempts) == (Outcome.NOT_WANTED, "not_scanned", 0)
    assert reason in row.message and not (place.library / name).exists()


@pytest.mark.parametrize("name", ["Film/film.ts", "Film/FILM.M2TS", "Film/film.vob", "Film/film.3gp"])
def test_a_video_that_stash_does_not_take_for_one_is_not_placed_and_the_reason_is_said(place: Place, name: str) -> None:
    place.add("Film", [name])
    job = place.run()
    extension = name.rpartition(".")[2].lower()
    assert_left(job, place, name, f"{extension} is none of its video extensions")
    assert "Stash would not scan it" in log_of(job) and download_of("Film").code == "not_scanned"
    again = place.run()
    assert again.message == "No torrent is new" and "scan it" not in log_of(again)


@pytest.mark.parametrize("extension", ["rm", "iso"])
def test_what_stash_takes_for_a_video_is_placed_whatever_it_is(place: Place, extension: str) -> None:
    settings_of(place).video_extensions.append("ISO")
    place.add("Film", [f"Film/film.{extension}"])
    assert result_of(place.run())["linked"] == 1


def test_a_later_run_takes_it_when_stashs_settings_allow_it(place: Place) -> None:
    settings_of(place).excludes.append(r"/extras/")
    place.add("Film", ["Film/film.mp4", "Film/Extras/a.mp4", "Film/b.ts"])
    job = place.run()
    assert result_of(job)["linked"] == 1 and result_of(job)["not_wanted"] == 2
    settings_of(place).excludes.clear()
    assert result_of(place.run())["linked"] == 1 and (place.library / "Film/Extras/a.mp4").is_file()
    settings_of(place).video_extensions.append("ts")
    assert result_of(place.run())["linked"] == 1 and (place.library / "Film/b.ts").is_file()


@pytest.mark.parametrize(
    "pattern, is_left",
    [
        (r"SAMPLE\.mp4$", True),
        (r"(?i)/film/", True),
        (r"\.mp4\z", True),  # Go's, not Python's
        (r"\pL+\.mp4", True),
        (r"[[:alpha:]]\.mp4$", True),
        (r"^sample\.mp4$", False),  # it is matched with the whole path
        (r"^{library}/film/", True),
        (r"(?!x)mp4", False),  # Python's, not Go's: Stash ignores it
        (r"(", False),
        (r"", False),
        (r" ", False),
    ],
)
def test_patterns_are_matched_as_stash_does(place: Place, pattern: str, is_left: bool) -> None:
    settings_of(place).excludes.append(pattern.replace("{library}", str(place.library)))
    place.add("Film", ["Film/sample.mp4"])
    job = place.run()
    if is_left:
        assert_left(job, place, "Film/sample.mp4", "exclusion pattern")
    else:
        assert result_of(job)["linked"] == 1
    assert ("is ignored" in log_of(job)) == (pattern in ("(", "(?!x)mp4"))


def test_patterns_see_the_path_as_stash_sees_it() -> None:
    rules = ScanRules(ScanSettings([LibraryFolder("D:\\films", False)], ["mp4"], [], [r"\\extras\\"], []))
    assert rules.why_no_video("D:\\films\\Extras\\a.mp4") and not rules.why_no_video("D:\\films\\a.mp4")


def test_a_folder_is_passed_over_only_when_it_has_no_images_to_take_either() -> None:
    folder = r"/extras/$"  # of a folder's path, which has a separator at the end
    for no_images, image_excludes, is_left in [(False, [], False), (True, [], True), (False, [folder], True)]:
        library = LibraryFolder("/films", False, no_images)
        rules = ScanRules(ScanSettings([library], ["mp4"], [], [folder], image_excludes))
        assert bool(rules.why_no_video("/films/Extras/deep/a.mp4")) == is_left


def test_a_folder_of_stash_within_the_library_that_takes_no_videos_gets_none(place: Place) -> None:
    inner = str(place.library / "Pictures")
    settings_of(place).libraries.append(inner)
    settings_of(place).without_video.append(inner)
    place.add("Pictures", ["Pictures/a.mp4"])
    place.add("Film", ["Film/a.mp4"])
    assert_left(place.run(), place, "Pictures/a.mp4", "takes no videos")
    assert file_of("Film/a.mp4").code == "linked"


def test_it_is_remembered_for_when_stash_is_away(place: Place) -> None:
    settings_of(place).excludes.append("extras")
    place.add("First", ["First/a.mp4"])
    place.run()
    state = SyncState.load()
    assert state.excludes == ["extras"] and "mp4" in (state.video_extensions or [])
    place.stash.fault("http_500", operation="Libraries", times=None)
    place.add("Film", ["Film/film.mp4", "Film/extras/a.mp4", "Film/b.ts"])
    job = place.run()
    assert {row.name: row.code for row in PlacedFile.objects.filter(download__name="Film")} == {
        "Film/film.mp4": "linked",
        "Film/extras/a.mp4": "not_scanned",
        "Film/b.ts": "not_scanned",
    }
    assert "as Stash last confirmed" in log_of(job)


@pytest.mark.parametrize("mode", ["remove_torrent", "remove_torrent_and_files"])
def test_its_torrent_is_not_cleaned_up(place: Place, mode: str) -> None:
    place.configure(cleanup=mode)
    place.add("Film", ["Film/film.mp4", "Film/b.ts"])
    place.run()
    assert place.qbittorrent.store.torrents and (place.downloads / "Film/b.ts").is_file()
    assert "Stash would not scan it" in download_of("Film").cleanup_message


def test_in_mode_move_it_stays_and_the_rest_is_linked(place: Place) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/film.mp4", "Film/b.ts"])
    place.run()
    assert place.qbittorrent.store.torrents and file_of("Film/film.mp4").code == "linked"


def test_the_setting_only_narrows_what_stash_takes(place: Place) -> None:
    place.configure(video_extensions=frozenset({"mp4", "ts"}))
    place.add("Film", ["Film/a.mp4", "Film/b.mkv", "Film/c.ts"])
    place.run()
    assert {Path(row.name).name: row.code for row in PlacedFile.objects.all()} == {
        "a.mp4": "linked",
        "b.mkv": "unknown_file",
        "c.ts": "not_scanned",
    }


def test_a_sidecar_of_what_stash_does_not_scan_is_not_placed_either(place: Place) -> None:
    place.add("Film", ["Film/film.ts", "Film/film.srt"])
    assert result_of(place.run())["linked"] == 0 and file_of("Film/film.srt").code == "without_video"
