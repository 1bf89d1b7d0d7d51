"""Stash scans the folders of what was placed, and each file is looked up there: found, or failed with a reason."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import engine, testing
from jobs.errors import Cancelled, JobError
from jobs.models import Job, Status
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, PlacedFile, Scan, StashJob
from scenes.paths import PathMap
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.stash.jobs import scanner
from scenes.simulators.stash.jobs.queue import Running
from scenes.simulators.videos import broken_video, make_video
from scenes.stash import scanning
from tests.scenes.dying import dying_at
from tests.scenes.placing import Place, file_of, log_of, result_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three different small videos."""
    folder = tmp_path_factory.mktemp("videos")
    return [make_video(folder / f"{number}.mp4", seconds=1, size=(64, 36), seed=number) for number in range(3)]


def add_videos(place: Place, videos: list[Path], *names: str) -> None:
    """One torrent of real videos under these names, placed in the library."""
    files = [NewFile(name, video) for name, video in zip(names, videos, strict=False)]
    place.qbittorrent.add_torrent(names[0], files)
    assert place.run().status == Status.COMPLETED


def scanned_paths(place: Place) -> list[list[str]]:
    return [entry.variables["input"]["paths"] for entry in place.stash.asked("Scan")]


def test_the_scene_of_every_placed_file_is_known_after_the_scan(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "A & B/one.mp4", "A & B/zwölf 🦊.mp4", "A & B/100%_.mp4")
    job = place.scan()
    assert job.status == Status.COMPLETED, job.error_message
    assert job.result == {"scanned_files": 3, "found_files": 3, "failed": 0, "quarantined": 0}
    scenes = {path: scene["id"] for scene in place.stash.dump()["scenes"] for path in scene["files"]}
    for row in PlacedFile.objects.all():
        assert row.scan.outcome == Outcome.DONE and row.scan.scene_id == scenes[row.target]
    assert not Scan.objects.due().exists()


def test_no_file_is_looked_for_in_another_library(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "one.mp4")
    place.scan()
    assert testing.run("sync").status == Status.COMPLETED
    add_videos(place, videos[1:], "two.mp4")
    place.stash.reset_library()

    job = place.scan()

    assert (job.status, job.error_code) == (Status.FAILED, "another_library")
    assert (file_of("two.mp4").scan.outcome, file_of("two.mp4").scan.attempts) == (Outcome.NEW, 0)
    assert len(scanned_paths(place)) == 1


def test_no_scene_of_another_library_is_taken_for_a_files_when_stash_is_swapped_meanwhile(
    place: Place, videos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_videos(place, videos, "one.mp4")
    place.scan()
    assert testing.run("sync").status == Status.COMPLETED
    add_videos(place, videos[1:], "two.mp4")
    ending_with(monkeypatch, place.stash.simulator.reset_library)

    job = place.scan()

    assert (job.status, job.error_code) == (Status.FAILED, "another_library")
    assert (file_of("two.mp4").scan.outcome, file_of("two.mp4").scan.scene_id) == (Outcome.NEW, None)


def ending_with(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """That is done when a scan ends."""
    whole = scanner.Scan.__call__

    async def scan(self: scanner.Scan, running: Running) -> None:
        await whole(self, running)
        act()

    monkeypatch.setattr(scanner.Scan, "__call__", scan)


def test_folders_are_scanned_each_once_and_never_the_files(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4", "Film/two.mp4", "Film/extra/three.mp4")
    place.scan()
    assert scanned_paths(place) == [[str(place.library / "Film")]]


def test_folders_beside_each_other_are_all_named(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "b/one.mp4", "a/two.mp4", "a b/three.mp4")
    place.scan()
    assert scanned_paths(place) == [[str(place.library / name) for name in ("a", "a b", "b")]]


def test_a_stash_on_windows_is_asked_for_folders_as_it_names_them(configure: Callable[..., Any]) -> None:
    configure(path_map=PathMap.parse(r"stash:D:\Films=/mnt/films"))
    files = [PlacedFile(target=f"/mnt/films/{name}") for name in ("A/one.mp4", "A/extra/two.mp4", "B/three.mp4")]
    assert scanning.folders_of(files) == [r"D:\Films\A", r"D:\Films\B"]


def test_files_inside_and_outside_of_a_mapping_to_windows_are_scanned_for_together(
    configure: Callable[..., Any],
) -> None:
    configure(path_map=PathMap.parse(r"stash:D:\Films=/mnt/films"))
    targets = ("/old/B/two.mp4", "/mnt/films/A/one.mp4", "/old/B/extra/three.mp4", "/mnt/films/A/x/four.mp4")
    assert scanning.folders_of(PlacedFile(target=one) for one in targets) == ["/old/B", r"D:\Films\A"]


def test_paths_are_mapped_to_stashs_and_back(place: Place, videos: list[Path], tmp_path: Path) -> None:
    theirs = tmp_path / "as stash sees it"
    theirs.symlink_to(place.library)
    place.stash.simulator.settings.libraries[:] = [str(theirs)]
    place.configure(path_map=PathMap.parse(f"stash:{theirs}={place.library}"))
    add_videos(place, videos, "Film/one.mp4")
    job = place.scan()
    assert scanned_paths(place) == [[str(theirs / "Film")]]
    assert job.status == Status.COMPLETED and file_of("Film/one.mp4").scan.scene_id is not None


def test_nothing_waiting_asks_stash_nothing(place: Place) -> None:
    job = place.scan()
    assert job.status == Status.COMPLETED and result_of(job)["scanned_files"] == 0
    assert place.stash.requests == []


def test_an_unreadable_video_fails_with_what_stashs_log_says_of_it(place: Place, videos: list[Path]) -> None:
    broken = broken_video(place.library.parent / "broken.mp4")
    add_videos(place, [videos[0], broken], "Film/good.mp4", "Film/broken.mp4")
    job = place.scan()
    assert job.status == Status.COMPLETED_WITH_ERRORS and job.errors == 1
    assert job.result == {"scanned_files": 2, "found_files": 1, "failed": 1, "quarantined": 0}
    row = file_of("Film/broken.mp4")
    assert (row.scan.outcome, row.scan.attempts) == (Outcome.FAILED, 1)
    assert "Its log says" in row.scan.message and "ffprobe" in row.scan.message
    assert row.scan.message in log_of(job)
    assert list(Scan.objects.due()) == [row.scan]


def test_the_third_failure_quarantines_the_file_and_nothing_waits_any_more(place: Place) -> None:
    add_videos(place, [broken_video(place.library.parent / "broken.mp4")], "broken.mp4")
    assert [place.scan().errors for _ in range(3)] == [1, 1, 1]
    assert file_of("broken.mp4").scan.outcome == Outcome.QUARANTINED
    assert not Scan.objects.due().exists()
    assert place.scan().status == Status.COMPLETED


def test_a_scene_that_a_short_answer_of_stash_leaves_out_is_no_files_failure(
    place: Place, videos: list[Path], settings: Any
) -> None:
    settings.JOBS_RETRY_DELAY = 0
    add_videos(place, videos, "Film/one.mp4")
    place.stash.fault("short_page", "EachSceneByPath", keep=0)
    job = place.scan()
    assert (job.status, job.attempt) == (Status.COMPLETED, 2), job.error_message
    assert file_of("Film/one.mp4").scan.attempts == 0


def test_a_file_removed_from_the_library_is_told_apart(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4")
    (place.library / "Film/one.mp4").unlink()
    place.scan()
    assert "not at" in file_of("Film/one.mp4").scan.message


def test_a_file_that_stash_excludes_is_said_to_be_missing_without_a_word(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4")
    place.stash.simulator.settings.video_extensions.remove("mp4")
    place.scan()
    assert "no word of it" in file_of("Film/one.mp4").scan.message


def test_a_copy_of_a_known_file_is_found_as_the_second_file_of_its_scene(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4")
    place.scan()
    (place.library / "Film/one.mp4").unlink()  # Stash keeps its row of it
    other = place.downloads.parent / "other"
    place.qbittorrent.add_torrent("Again", [NewFile("Again/one.mp4", videos[0])], save_path=other)
    place.run()
    place.scan()
    assert file_of("Again/one.mp4").scan.scene_id == file_of("Film/one.mp4").scan.scene_id is not None


def test_a_scan_behind_somebody_elses_job_waits_and_says_for_what(
    place: Place, videos: list[Path], be_stalled_after: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_videos(place, videos, "Film/one.mp4")
    be_stalled_after(0.0)  # whoever is not seen waiting is stalled at once
    foreign = place.stash.add_foreign_job("Generating...", progress=0.34)
    context = testing.context("stash_scan")
    messages: list[str] = []

    def progress(done: int, total: int | None = None, message: str = "") -> None:
        messages.append(message)
        if len([one for one in messages if "busy" in one]) == 5 and "busy" in message:
            place.stash.end_foreign_job(foreign)
            be_stalled_after(60.0)

    monkeypatch.setattr(context, "progress", progress)
    scanning.scan(context)
    assert any("Stash is busy: Generating" in message and "34 %" in message for message in messages)
    assert file_of("Film/one.mp4").scan.outcome == Outcome.DONE


def test_a_scan_cancelled_in_stash_fails_no_file(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4")
    foreign = place.stash.add_foreign_job()
    context = testing.context("stash_scan")

    def cancel_in_stash() -> None:
        asked = StashJob.objects.exclude(stash_id="").first()
        if asked is not None:
            place.stash.do(lambda: place.stash.simulator.jobs.stop(int(asked.stash_id)))

    with pytest.raises(JobError) as caught:
        _scan_with(context, cancel_in_stash)
    assert "ancelled" in caught.value.message
    row = file_of("Film/one.mp4")
    assert (row.scan.outcome, row.scan.attempts) == (Outcome.NEW, 0)
    place.stash.end_foreign_job(foreign)


def test_a_stash_restarted_in_the_middle_is_asked_again(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4")
    place.stash.add_foreign_job()
    context = testing.context("stash_scan")
    restarted = threading.Event()

    def restart() -> None:
        if not restarted.is_set():
            restarted.set()
            place.stash.restart()

    _scan_with(context, restart)
    assert len(scanned_paths(place)) == 2
    assert file_of("Film/one.mp4").scan.outcome == Outcome.DONE


def _scan_with(context: Any, meanwhile: Any) -> None:
    """Scan, calling `meanwhile` between two looks at Stash's job."""
    pause = context.pause

    def paused(seconds: float) -> None:
        meanwhile()
        pause(seconds)

    context.pause = paused
    scanning.scan(context)


def test_stash_away_is_a_transient_error_and_no_files_failure(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4")
    with place.stash.away(), pytest.raises(JobError) as caught:
        scanning.scan(testing.context("stash_scan"))
    assert (caught.value.code, caught.value.permanent) == ("unreachable", False)
    assert file_of("Film/one.mp4").scan.attempts == 0


@pytest.mark.parametrize("status", [401, 422])
def test_a_stash_that_refuses_fails_the_job_at_once(place: Place, videos: list[Path], status: int) -> None:
    add_videos(place, videos, "Film/one.mp4")
    body = '{"errors": [{"message": "Unknown field"}]}' if status == 422 else None
    place.stash.fault(f"http_{status}", operation="Scan", message=body)
    job = place.scan()
    assert job.status == Status.FAILED and job.attempt == 1
    assert Scan.objects.due().count() == 1


@pytest.mark.parametrize("point", [CrashPoint.SCAN_INTENDED, CrashPoint.SCAN_ASKED])
def test_a_cancelled_scan_whose_asker_died_before_the_answer_is_left_to_end_too(
    place: Place, videos: list[Path], point: CrashPoint
) -> None:
    add_videos(place, videos, "Film/one.mp4")
    context = testing.context("stash_scan")
    with dying_at(point):
        scanning.scan(context)
    engine.cancel(context.id)
    engine.clean_up(Job.objects.get(pk=context.id))
    assert "left to end" in log_of(context.job)
    row = StashJob.objects.get()
    assert (row.status, row.ended_at is None) == ("DETACHED", False)


def test_a_cancelled_scan_is_left_to_end_and_the_log_says_so(place: Place, videos: list[Path]) -> None:
    add_videos(place, videos, "Film/one.mp4")
    foreign = place.stash.add_foreign_job()
    context = testing.context("stash_scan")

    def cancel() -> None:
        if Job.objects.get(pk=context.id).is_active:
            engine.cancel(context.id)
            context.interrupted_by(Cancelled)

    with pytest.raises(Cancelled):
        _scan_with(context, cancel)
    engine.clean_up(Job.objects.get(pk=context.id))
    assert "left to end" in log_of(context.job)
    assert len(place.stash.simulator.jobs.queue()) == 2
    place.stash.end_foreign_job(foreign)
    assert place.stash.asked("StopJob") == []
    assert result_of(place.scan())["found_files"] == 1
