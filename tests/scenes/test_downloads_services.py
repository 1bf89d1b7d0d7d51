"""qBittorrent away or refusing, a library that can't be used, Stash away: said, and nothing is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import testing
from jobs.errors import Cancelled, JobError
from jobs.models import Status
from scenes.crash_points import CrashPoint
from scenes.downloads.files.copying import temporary_for
from scenes.downloads.processing import process
from scenes.models import Outcome, PlacedFile, RefusedLogin, SyncState
from scenes.paths import PathMap
from tests.scenes.placing import At, Place, download_of, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def error_of(place: Place) -> JobError:
    """What one attempt ends with."""
    with pytest.raises(JobError) as caught:
        process(testing.context("process_downloads"))
    assert place.in_library() == []
    return caught.value


# --- qBittorrent ---


def test_qbittorrent_away_is_a_transient_error_and_never_zero_items(place: Place) -> None:
    place.qbittorrent.server.go_away()
    error = error_of(place)
    assert (error.code, error.permanent) == ("unreachable", False)
    assert "qBittorrent" in error.message


def test_qbittorrent_away_for_good_fails_the_job_with_that_reason(place: Place, settings: Any) -> None:
    settings.JOBS_MAX_ATTEMPTS = 1
    place.qbittorrent.server.go_away()
    job = place.run()
    assert (job.status, job.error_code) == (Status.FAILED, "unreachable")


def test_qbittorrent_going_away_between_two_torrents_loses_nothing(place: Place) -> None:
    for number in (1, 2):
        place.add(f"Film {number}", [f"{number}.mp4"])
    fault = place.qbittorrent.server.control.arm("reset", path="torrents/files", after=1)
    context = testing.context("process_downloads")
    with pytest.raises(JobError):
        process(context)
    assert place.in_library() == ["1.mp4"] and file_of("1.mp4").attempts == 0
    place.qbittorrent.server.control.faults.remove(fault)
    process(context)
    assert place.in_library() == ["1.mp4", "2.mp4"]


def test_a_refused_login_is_tried_once_and_not_again_until_it_is_changed(place: Place) -> None:
    place.configure(qbittorrent_password="wrong")
    for _ in range(3):
        job = place.run()
        assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "login_refused", 1)
        assert "password" in job.error_message and "wrong" not in job.error_message
    assert place.logins() == 1
    assert "wrong" not in RefusedLogin.objects.get().fingerprint
    place.configure(qbittorrent_password=place.qbittorrent.password)
    assert place.run().status == Status.COMPLETED


def test_a_host_header_rule_is_not_remembered_as_a_refused_login(place: Place) -> None:
    place.configure(qbittorrent_url=place.qbittorrent.url.replace("127.0.0.1", "localhost"))
    place.qbittorrent.login.host_names = ["nas.lan"]
    for _ in range(2):
        job = place.run()
        assert (job.status, job.error_code) == (Status.FAILED, "unauthorized")
        assert "host header validation" in job.error_message
    assert not RefusedLogin.objects.exists()
    place.qbittorrent.login.host_names = ["*"]
    assert place.run().status == Status.COMPLETED


def test_a_session_that_ends_in_the_middle_of_a_job_is_begun_again(place: Place, at: At) -> None:
    for number in (1, 2):
        place.add(f"Film {number}", [f"{number}.mp4"])
    at(CrashPoint.FILE_RECORDED, lambda: place.qbittorrent.pass_time(3601))
    job = place.run()
    assert (job.status, job.attempt) == (Status.COMPLETED, 1) and result_of(job)["synced_files"] == 2
    assert place.logins() == 2


@pytest.mark.parametrize("point", [CrashPoint.FILE_RECORDED, CrashPoint.TORRENT_RECORDED])
def test_a_login_refused_in_the_middle_of_a_job_is_remembered(place: Place, at: At, point: CrashPoint) -> None:
    place.configure(qbittorrent_handled_tag="stashhog")
    place.add("Film", ["1.mp4"])

    def change_password() -> None:
        place.qbittorrent.login.password = "another"
        place.qbittorrent.restart()

    at(point, change_password)
    for _ in range(2):
        assert place.run().error_code == "login_refused"
    assert place.logins() == 2


def test_a_torrent_removed_before_it_was_looked_at_is_no_failure(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    place.qbittorrent.server.control.arm("http", path="torrents/files", status=404, times=1)
    job = place.run()
    assert job.status == Status.COMPLETED and download_of("Film").code == "gone"
    assert result_of(place.run())["synced_files"] == 1


def test_what_waited_and_then_left_qbittorrent_does_not_wait_for_ever(place: Place) -> None:
    torrent = place.add("Busy", ["a.mp4"], state="moving")
    bad = place.add("Bad", ["b.mp4"])
    (place.downloads / "b.mp4").unlink()
    place.run()
    for one in (torrent, bad):
        place.qbittorrent.server.call(place.qbittorrent.store.torrents.pop, one.hash)
    assert place.run().status == Status.COMPLETED
    for item in (download_of("Busy"), download_of("Bad"), file_of("b.mp4")):
        assert (item.outcome, item.code) == (Outcome.NOT_WANTED, "gone")
    place.qbittorrent.server.call(place.qbittorrent.take, torrent)
    place.qbittorrent.change_torrent(torrent.hash, state="stalledUP")
    assert result_of(place.run())["synced_files"] == 1


# --- the library folder ---


def test_without_a_library_folder_qbittorrent_is_not_even_asked(place: Place) -> None:
    place.configure(library_path=None)
    job = place.run()
    assert (job.status, job.error_code) == (Status.FAILED, "not_configured")
    assert "“Library folder”" in job.error_message and place.logins() == 0


def test_a_library_folder_that_is_not_there_is_said_before_anything_is_touched(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    missing = place.library / "missing"
    place.configure(library_path=missing)
    error = error_of(place)
    assert error.code == "library_missing" and str(missing) in error.message
    assert file_of("a.mp4").outcome == Outcome.NEW and not missing.exists()


def test_a_library_folder_that_cant_be_written_to_is_said(place: Place) -> None:
    from tests.scenes.privileges import unprivileged

    place.add("Film", ["a.mp4"])
    place.library.chmod(0o555)
    with unprivileged():
        error = error_of(place)
    assert error.code == "library_not_writable" and error.permanent
    place.library.chmod(0o755)


def test_a_library_folder_that_stash_does_not_have_names_both_paths_and_the_mapping(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    place.configure(path_map=PathMap.parse(f"stash:/data/films={place.library}"))
    error = error_of(place)
    assert error.code == "library_not_in_stash" and error.permanent
    for word in ("/data/films", str(place.library), "“Path mapping”", f"stash:/data/films={place.library}"):
        assert word in error.message
    assert file_of("a.mp4").attempts == 0


def test_a_folder_in_which_stash_takes_no_videos_is_none_of_its_folders(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    place.stash.do(lambda: place.stash.simulator.settings.without_video.append(str(place.library)))
    error = error_of(place)
    assert error.code == "library_not_in_stash" and error.permanent
    assert file_of("a.mp4").outcome == Outcome.NEW


def test_a_folder_below_one_of_stashs_folders_will_do(place: Place) -> None:
    below = place.library / "new"
    below.mkdir()
    place.configure(library_path=below)
    place.add("Film", ["a.mp4"])
    assert place.run().status == Status.COMPLETED
    assert place.in_library() == ["new", "new/a.mp4"]


def test_nothing_to_place_asks_stash_nothing(place: Place) -> None:
    place.add("Music", ["song.mp3"])
    place.stash.go_away()
    assert place.run().status == Status.COMPLETED
    assert place.stash.requests == []


def test_with_stash_away_what_it_said_last_is_enough(place: Place) -> None:
    place.add("First", ["1.mp4"])
    place.run()
    assert SyncState.load().library_folders == [str(place.library)]
    place.add("Second", ["2.mp4"])
    with place.stash.away():
        job = place.run()
    assert job.status == Status.COMPLETED and place.in_library() == ["1.mp4", "2.mp4"]
    assert "last confirmed" in log_of(job)


def test_with_stash_away_and_never_asked_nothing_is_placed_until_it_answers(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    with place.stash.away():
        error = error_of(place)
    assert error.code == "library_unconfirmed" and not error.permanent
    assert str(place.library) in error.message and "Stash" in error.message


def test_a_wrong_key_for_stash_is_a_permanent_error_with_its_reason(place: Place) -> None:
    place.add("Film", ["a.mp4"])
    place.stash.fault("http_401", operation="Libraries")
    error = error_of(place)
    assert error.permanent and "key" in error.message


# --- interrupted ---


def test_a_cancel_during_a_copy_leaves_neither_a_half_file_nor_a_failure(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.configure(link_mode="copy")
    place.add("Film", {"Film/a.mp4": 20_000_000})
    context = testing.context("process_downloads")
    messages: list[str] = []

    def progress(done: int, total: int | None, message: Callable[[], str] | str, *, part: float = 0) -> None:
        messages.append(message() if callable(message) else message)
        if "copying" in messages[-1]:
            parts = [path.name for path in (place.library / "Film").iterdir()]
            temporary = temporary_for(place.library / "Film/a.mp4", PlacedFile.objects.get().pk, context.token)
            assert parts == [temporary.name] and temporary.name.startswith(".")
            context.interrupted_by(Cancelled)
        context.checkpoint()

    monkeypatch.setattr(context, "progress", progress)
    with pytest.raises(Cancelled):
        process(context)
    assert place.in_library() == []
    assert file_of("Film/a.mp4").outcome == Outcome.NEW
    assert messages[-1] == "Torrent 1 of 1: Film: copying a.mp4, 0.00 of 0.02 GB"
    assert (place.downloads / "Film/a.mp4").stat().st_size == 20_000_000


def test_what_a_killed_copy_left_behind_is_cleared_away(place: Place, tmp_path: Path) -> None:
    place.configure(link_mode="copy")
    place.add("Film", ["Film/a.mp4"])
    (place.downloads / "Film/a.mp4").rename(tmp_path / "away")
    place.run()
    row = PlacedFile.objects.get()
    row.target = str(place.library / "Film/a.mp4")
    row.save(update_fields=["target"])
    (place.library / "Film").mkdir()
    (place.library / "Film" / f".stashhog-{row.pk}-5ca1ab1e.part").write_bytes(b"half")
    place.run()
    assert place.in_library() == ["Film"]
