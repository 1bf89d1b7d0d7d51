"""A disk that is away, full or read-only is not the fault of the files: it costs no try, however many runs meet it."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jobs import testing
from jobs.errors import JobError
from jobs.models import Job, Status
from scenes.crash_points import CrashPoint
from scenes.downloads.processing import process
from scenes.models import Outcome, PlacedFile
from tests.scenes.placing import At, Place, download_of, file_of, log_of, result_of
from tests.scenes.privileges import unprivileged

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
MODES = pytest.mark.parametrize("mode", ["hardlink", "copy", "move"])
RUNS = 4  # one more than a file has tries


def assert_failed_for_nothing(job: Job, code: str) -> None:
    """Every file failed in this job, for this reason, and none lost a try."""
    rows = list(PlacedFile.objects.all())
    assert {(row.outcome, row.code, row.attempts) for row in rows} == {(Outcome.FAILED, code, 0)}, rows[0].message
    assert job.status == Status.COMPLETED_WITH_ERRORS and job.errors == result_of(job)["failed"] == len(rows)
    assert rows[0].message in log_of(job)


# --- the downloads ---


def vanish(folder: Path) -> None:
    folder.rename(folder.with_name("away"))


def leave_an_empty_mount(folder: Path) -> None:
    vanish(folder)
    folder.mkdir()


@MODES
def test_a_save_folder_that_is_away_costs_no_try_and_is_handled_when_it_is_back(place: Place, mode: str) -> None:
    place.configure(link_mode=mode)
    place.add("A", ["A/a.mp4"])
    place.add("B", ["B/b.mp4"])
    vanish(place.downloads)
    for _ in range(RUNS):
        assert place.run().status == Status.COMPLETED
        assert set(PlacedFile.objects.values_list("outcome", "code", "attempts")) == {
            (Outcome.WAITING, "not_visible", 0)
        }
    assert "It is waited for" in file_of("A/a.mp4").message
    assert place.in_library() == []
    (place.downloads.with_name("away")).rename(place.downloads)
    assert result_of(place.run())["synced_files"] == 2


def test_a_save_folder_that_may_not_be_looked_at_costs_no_try(place: Place) -> None:
    place.add("A", ["A/a.mp4"])
    place.downloads.chmod(0o000)
    with unprivileged():
        for _ in range(RUNS):
            assert_failed_for_nothing(place.run(), "no_permission")
    place.downloads.chmod(0o755)
    assert result_of(place.run())["synced_files"] == 1


def test_torrents_on_another_disk_are_placed_although_one_is_away(place: Place) -> None:
    away = place.downloads.parent / "other disk"
    place.add("A", ["A/a.mp4"], save_path=away)
    place.add("B", ["B/b.mp4"])
    vanish(away)
    assert result_of(place.run())["synced_files"] == 1
    assert (file_of("A/a.mp4").outcome, file_of("A/a.mp4").attempts) == (Outcome.WAITING, 0)


def test_tries_that_a_file_had_used_up_itself_stay_used_up(place: Place) -> None:
    place.add("A", ["A/a.mp4"])
    (place.downloads / "A/a.mp4").write_bytes(bytes(2000))
    place.run()
    vanish(place.downloads)
    place.run()
    assert (file_of("A/a.mp4").attempts, download_of("A").attempts) == (1, 1)


# --- the library ---


@pytest.mark.acceptance
@pytest.mark.parametrize("mode", ["copy", "move"])
def test_a_full_disk_costs_no_try_and_with_room_again_the_file_is_placed(place: Place, tiny: Path, mode: str) -> None:
    place.configure(link_mode=mode, library_path=tiny)
    place.stash.simulator.settings.libraries.append(str(tiny))
    place.add("Film", {"Film/a.mp4": 3_000_000})
    for _ in range(RUNS):
        assert_failed_for_nothing(place.run(), "disk_full")
    assert (place.downloads / "Film/a.mp4").is_file()
    subprocess.run(["mount", "-o", "remount,size=9m", str(tiny)], check=True)
    assert result_of(place.run())["synced_files"] == 1
    assert (tiny / "Film/a.mp4").stat().st_size == 3_000_000


@pytest.mark.acceptance
def test_a_small_file_still_fits_where_a_large_one_does_not(place: Place, tiny: Path) -> None:
    place.configure(link_mode="copy", library_path=tiny)
    place.stash.simulator.settings.libraries.append(str(tiny))
    place.add("Large", {"large.mp4": 3_000_000})
    place.add("Small", {"small.mp4": 3_000})
    assert result_of(place.run())["synced_files"] == 1 and (tiny / "small.mp4").is_file()


@pytest.mark.acceptance
def test_a_read_only_library_is_said_and_costs_no_try(place: Place, tiny: Path) -> None:
    place.configure(link_mode="copy", library_path=tiny)
    place.stash.simulator.settings.libraries.append(str(tiny))
    place.add("Film", ["Film/a.mp4"])
    subprocess.run(["mount", "-o", "remount,ro", str(tiny)], check=True)
    for _ in range(RUNS):
        job = place.run()
        assert (job.status, job.error_code) == (Status.FAILED, "library_not_writable")
        assert "read-only" in job.error_message
    subprocess.run(["mount", "-o", "remount,rw", str(tiny)], check=True)
    assert result_of(place.run())["synced_files"] == 1


@pytest.mark.parametrize(
    "number, code",
    [
        (errno.EDQUOT, "disk_full"),
        (errno.ENOSPC, "disk_full"),
        (errno.EROFS, "read_only"),
        (errno.ESTALE, "disk_away"),
        (errno.ENOTCONN, "disk_away"),
    ],
)
def test_what_the_system_says_of_a_whole_disk_costs_no_try(
    place: Place, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    place.add("A", ["A/a.mp4"])

    def link(source: object, target: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", link)
        for _ in range(RUNS):
            assert_failed_for_nothing(place.run(), code)
    assert place.in_library() == []
    assert result_of(place.run())["synced_files"] == 1


def test_a_library_that_goes_away_between_two_torrents_ends_the_attempt_and_is_not_made_again(
    place: Place, at: At
) -> None:
    place.add("A", ["A/a.mp4"])
    place.add("B", ["B/b.mp4"])
    context = testing.context("process_downloads")
    at(CrashPoint.TORRENT_RECORDED, lambda: vanish(place.library))
    with pytest.raises(JobError) as caught:
        process(context)
    assert (caught.value.code, caught.value.permanent) == ("library_missing", False)
    assert not place.library.exists()
    (place.library.with_name("away")).rename(place.library)
    process(context)
    assert {row.outcome for row in PlacedFile.objects.all()} == {Outcome.DONE}


@MODES
def test_nothing_is_placed_below_the_empty_mount_point_of_a_library_that_is_away(
    place: Place, settings: Any, mode: str
) -> None:
    settings.JOBS_RETRY_DELAY = 0
    place.configure(link_mode=mode)
    place.add("A", ["A/a.mp4"])
    assert result_of(place.run())["synced_files"] == 1
    leave_an_empty_mount(place.library)
    place.add("B", ["B/b.mp4"])
    for _ in range(RUNS):
        job = place.run()
        assert (job.status, job.error_code) == (Status.FAILED, "library_empty")
        assert place.in_library() == [] and (place.downloads / "B/b.mp4").is_file()
    place.library.rmdir()
    (place.library.with_name("away")).rename(place.library)
    assert result_of(place.run())["synced_files"] == 1
    assert place.in_library() == ["A", "A/a.mp4", "B", "B/b.mp4"]


@MODES
def test_a_library_that_goes_away_between_two_files_is_not_made_again(place: Place, at: At, mode: str) -> None:
    place.configure(link_mode=mode)
    place.add("A", ["A/a.mp4", "A/b.mp4"])
    at(CrashPoint.FILE_RECORDED, lambda: vanish(place.library))
    place.run()
    assert not place.library.exists()
    assert (file_of("A/b.mp4").code, file_of("A/b.mp4").attempts) == ("library_missing", 0)
    (place.library.with_name("away")).rename(place.library)
    assert result_of(place.run())["synced_files"] == 1
    assert place.in_library() == ["A", "A/a.mp4", "A/b.mp4"]
