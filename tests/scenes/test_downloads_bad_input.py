"""What can be wrong with a file or a disk: each with its code, a sentence to act on, and nothing lost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from jobs.models import Job, Status
from scenes.models import Outcome, PlacedFile
from scenes.paths import PathMap
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.videos import broken_video, make_video
from tests.scenes.placing import Place, all_in, download_of, file_of, log_of, result_of
from tests.scenes.privileges import unprivileged

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def failed(place: Place, job: Job, name: str, code: str, tries: int = 1) -> PlacedFile:
    """The row of the one file that failed; nothing of it is in the library. ``tries``: what that cost it."""
    row = file_of(name)
    assert (row.outcome, row.code) == (Outcome.FAILED, code), row.message
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert job.errors == result_of(job)["failed"] == 1
    assert download_of(row.download.name).outcome == Outcome.FAILED
    assert row.message in log_of(job)
    assert row.message.endswith(".") or row.message.endswith("?")
    assert row.attempts == tries and result_of(job)["synced_files"] == 0
    return row


def too_large(file: Path) -> None:
    """So that it is not taken, and is itself at fault."""
    with file.open("ab") as appended:
        appended.write(b"more")


# --- the file ---


def test_a_file_that_is_not_visible_waits_and_the_message_names_the_mapping(place: Place) -> None:
    place.configure(path_map=PathMap.parse(f"qbittorrent:{place.downloads}=/nowhere"))
    place.add("Film", ["Film/a.mp4"])
    job, row = place.run(), file_of("Film/a.mp4")
    assert (job.status, row.outcome, row.code, row.attempts) == (Status.COMPLETED, Outcome.WAITING, "not_visible", 0)
    assert row.message in log_of(job)
    assert "/nowhere/Film/a.mp4" in row.message and "“Path mapping”" in row.message
    assert place.in_library() == []


def test_one_bad_file_does_not_keep_the_others_from_their_place(place: Place) -> None:
    place.add("Film", ["Film/a.mp4", "Film/b.mp4"])
    place.add("Other", ["c.mp4"])
    too_large(place.downloads / "Film/a.mp4")
    job = place.run()
    failed_row = file_of("Film/a.mp4")
    assert failed_row.code == "wrong_size" and job.errors == 1
    assert result_of(job)["synced_items"] == 2 and result_of(job)["synced_files"] == 2
    assert place.in_library() == ["Film", "Film/b.mp4", "c.mp4"]


def test_a_file_that_failed_is_tried_again_and_the_third_failure_quarantines_it(place: Place) -> None:
    place.add("Film", ["a.mp4", "a.nfo"])
    too_large(place.downloads / "a.mp4")
    for tries in (1, 2):
        assert place.run().errors == 1
        assert (file_of("a.mp4").outcome, file_of("a.mp4").attempts) == (Outcome.FAILED, tries)
    assert place.run().errors == 1
    assert file_of("a.mp4").outcome == download_of("Film").outcome == Outcome.QUARANTINED
    assert place.run().status == Status.COMPLETED


def test_a_file_that_comes_back_is_placed_by_the_next_run(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    (place.downloads / "a.mp4").rename(place.downloads / "away")
    place.run()
    (place.downloads / "away").rename(place.downloads / "a.mp4")
    job = place.run()
    assert job.status == Status.COMPLETED and result_of(job)["synced_files"] == 1
    assert file_of("a.mp4").code == "linked"


def test_a_file_of_another_size_than_the_torrents_is_not_taken(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    too_large(place.downloads / "a.mp4")
    failed(place, place.run(), "a.mp4", "wrong_size")


@pytest.mark.parametrize(
    "name",
    [
        "../evil.mp4",
        "Film/../../evil.mp4",
        "/etc/evil.mp4",
        "Film//evil.mp4",
        "Film/./evil.mp4",
        "a\0b.mp4",
        "\ud800.mp4",
    ],
)
def test_a_name_that_climbs_out_is_refused(place: Place, name: str) -> None:
    torrent = place.add("Film", ["harmless.mp4"])
    place.qbittorrent.server.call(lambda: setattr(torrent.files[0], "name", name))
    before = all_in(place.library.parent)
    job = place.run()
    row = PlacedFile.objects.get()
    assert (row.outcome, row.code) == (Outcome.FAILED, "unsafe_path"), row.message
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert all_in(place.library.parent) == before


def test_a_name_that_is_too_long_is_refused(place: Place) -> None:
    torrent = place.add("Film", ["harmless.mp4"])
    place.qbittorrent.server.call(lambda: setattr(torrent.files[0], "name", "x" * 3000 + ".mp4"))
    place.run()
    assert PlacedFile.objects.get().code == "unsafe_path"


def test_a_link_inside_the_library_that_leads_out_is_not_followed(place: Place) -> None:
    outside = place.library.parent / "outside"
    outside.mkdir()
    (place.library / "Film").symlink_to(outside)
    place.add("Film", ["Film/a.mp4", "Film/sub/b.mp4"])
    job = place.run()
    assert {row.code for row in PlacedFile.objects.all()} == {"unsafe_path"}
    assert job.errors == 2 and list(outside.iterdir()) == []


def test_a_source_that_is_a_link_out_of_the_torrent_is_not_taken(place: Place) -> None:
    secret = place.library.parent / "secret.mp4"
    secret.write_bytes(b"x" * 1000)
    place.add("Film", ["Film/a.mp4"])
    (place.downloads / "Film/a.mp4").unlink()
    (place.downloads / "Film/a.mp4").symlink_to(secret)
    assert place.run().errors == 1 and place.in_library() == []
    assert (file_of("Film/a.mp4").outcome, file_of("Film/a.mp4").code) == (Outcome.QUARANTINED, "unsafe_path")


# --- its length ---


def test_an_unreadable_video_failed_and_is_never_too_short(place: Place) -> None:
    place.configure(min_duration_seconds=1)
    broken = broken_video(place.library.parent / "broken.mp4")
    place.qbittorrent.add_torrent("Film", [NewFile("a.mp4", broken)])
    row = failed(place, place.run(), "a.mp4", "unreadable")
    assert "can't be read" in row.message


def test_a_short_video_is_not_wanted_and_a_long_one_is(place: Place) -> None:
    place.configure(min_duration_seconds=3)
    for name, seconds in (("short", 1), ("long", 4)):
        video = make_video(place.library.parent / f"{name}.mp4", seconds=seconds, size=(64, 36))
        place.qbittorrent.add_torrent(name, [NewFile(f"{name}.mp4", video)])
    job = place.run()
    assert job.status == Status.COMPLETED and place.in_library() == ["long.mp4"]
    assert (file_of("short.mp4").outcome, file_of("short.mp4").code) == (Outcome.NOT_WANTED, "too_short")
    assert result_of(job)["not_wanted"] == 1


def test_without_a_least_length_nothing_is_probed(place: Place) -> None:
    place.add("Film", ["not really a video.mp4"])
    assert place.run().status == Status.COMPLETED
    assert place.in_library() == ["not really a video.mp4"]


# --- the disk ---


def test_no_permission_in_the_library_folder_is_said(place: Place) -> None:
    (place.library / "Film").mkdir(mode=0o555)
    place.add("Film", ["Film/a.mp4"])
    with unprivileged():
        job = place.run()
    row = failed(place, job, "Film/a.mp4", "no_permission")
    assert "may not" in row.message
    assert (place.downloads / "Film/a.mp4").stat().st_size == 1000


def test_no_permission_to_look_at_the_source_is_not_taken_for_its_absence(place: Place) -> None:
    place.add("Film", ["Film/a.mp4"])
    (place.downloads / "Film").chmod(0o000)
    with unprivileged():
        job = place.run()
    failed(place, job, "Film/a.mp4", "no_permission")
    (place.downloads / "Film").chmod(0o755)


def test_no_permission_to_link_a_strangers_file_is_said(place: Place) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a file that is somebody else's")
    if Path("/proc/sys/fs/protected_hardlinks").read_text().strip() != "1":
        pytest.skip("fs.protected_hardlinks is off on this machine")
    place.add("Film", ["a.mp4"])
    os.chown(place.downloads / "a.mp4", 12345, 12345)
    (place.downloads / "a.mp4").chmod(0o444)
    with unprivileged():
        job = place.run()
    row = failed(place, job, "a.mp4", "no_permission")
    assert "own the file" in row.message


def test_a_strict_hard_link_across_file_systems_fails_and_copies_nothing(place: Place, elsewhere: Path) -> None:
    place.add("Film", ["Film/a.mp4"], save_path=elsewhere)
    row = failed(place, place.run(), "Film/a.mp4", "other_filesystem")
    assert "“Link mode”" in row.message
    assert place.in_library() == []


def test_hardlink_or_copy_copies_across_file_systems_counts_it_and_says_so(place: Place, elsewhere: Path) -> None:
    place.configure(link_mode="hardlink_or_copy")
    place.add("Far", {"Film/a.mp4": 9_000_000}, save_path=elsewhere)
    place.add("Near", ["b.mp4"])
    job = place.run()
    assert (result_of(job)["copied"], result_of(job)["linked"], result_of(job)["synced_files"]) == (1, 1, 2)
    assert (place.library / "Film/a.mp4").read_bytes() == (elsewhere / "Film/a.mp4").read_bytes()
    assert "Copied to" in log_of(job) and "hard link is not possible" in file_of("Film/a.mp4").message
    assert place.in_library() == ["Film", "Film/a.mp4", "b.mp4"]


@pytest.mark.acceptance
@pytest.mark.parametrize("known_before", [True, False])
def test_a_full_disk_leaves_the_source_whole_and_no_half_file(
    place: Place, tiny: Path, known_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not known_before:  # as when somebody else fills the disk during the copy
        monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 0, 10**9))
    place.configure(link_mode="copy", library_path=tiny)
    place.stash.simulator.settings.libraries.append(str(tiny))
    place.add("Film", {"Film/a.mp4": 3_000_000})
    row = failed(place, place.run(), "Film/a.mp4", "disk_full", tries=0)
    assert "Make room" in row.message
    assert (place.downloads / "Film/a.mp4").stat().st_size == 3_000_000
    assert all_in(tiny) == []
