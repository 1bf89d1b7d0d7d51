"""A disk that is away or full is no file's and no scene's fault: the job fails and says so, and the next tries them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jobs import testing
from jobs.models import Job, Status
from scenes import services
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, Scan, Scene
from scenes.paths import PathMap
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.media import generator
from scenes.simulators.videos import broken_video, make_video
from scenes.stash import generation, scanning
from tests.scenes.dying import dying_at
from tests.scenes.placing import Place, file_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

Configure = Callable[..., Any]
RUNS = 3  # failures of an item that quarantine it


# --- stash_generate ---


def generate() -> Job:
    return testing.run("stash_generate")


def failing_with(number: int, after: int = 0) -> Callable[..., None]:
    """What writes a preview has so many good ones, then that error of the system."""
    made: list[object] = []

    def save(shown: object, target: Path) -> None:
        made.append(target)
        if len(made) > after:
            raise OSError(number, os.strerror(number).lower())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"a clip")

    return save


def make_unreadable(stash: RunningStash, *scenes: int) -> None:
    """Their videos are real files now that nobody can read."""
    for number in scenes:
        change_file(stash, number, imaginary=False)


def change_file(stash: RunningStash, scene: int, **values: object) -> None:
    file = stash.state.files[stash.state.scenes[scene].file_ids[0]]
    for name, value in values.items():
        stash.do(partial(setattr, file, name, value))


def tries() -> dict[int, int]:
    """Of the scenes that were charged any."""
    return dict(Scene.objects.filter(generation__attempts__gt=0).values_list("pk", "generation__attempts"))


@pytest.fixture
def synced(synced: RunningStash, configure: Configure) -> RunningStash:
    """Twelve scenes without previews."""
    configure(generate=frozenset({"previews"}))
    return synced


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_scenes_wait_for_a_disk_of_stash_that_cannot_be_written_to(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    Scene.objects.filter(pk__gt=2).delete()
    with monkeypatch.context() as patched:
        patched.setattr(generator, "save_clip", failing_with(number))
        jobs = [generate() for _ in range(RUNS)]
    for job in jobs:
        assert (job.status, job.attempt) == (Status.FAILED, 1), job.error_message
        assert os.strerror(number).lower() in job.error_message
        assert "none counts as tried" in job.error_message
    assert tries() == {}
    assert generate().result == {"generated": 2, "already_there": 0, "failed": 0, "carried_over": 0}


def test_what_was_made_before_the_disk_was_full_counts_and_nothing_else_is_charged(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "save_clip", failing_with(errno.ENOSPC, after=3))
    job = generate()
    assert (job.status, job.error_code) == (Status.FAILED, "stash_disk_full")
    assert job.result == {"generated": 3, "already_there": 0, "failed": 0, "carried_over": 9}
    assert tries() == {}


def test_a_full_disk_is_not_asked_for_the_groups_to_come(synced: RunningStash, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenes.stash.generation.groups.GROUP", 5)
    monkeypatch.setattr(generator, "save_clip", failing_with(errno.ENOSPC))
    generate()
    assert len(synced.asked("metadataGenerate")) == 1


def test_one_film_too_large_for_the_disk_holds_up_no_other(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.stash.generation.groups.GROUP", 5)
    save, films = generator.save_clip, []

    def too_large(shown: Any, target: Path) -> None:
        films.append(target)
        if len(films) == 1:
            raise OSError(errno.ENOSPC, "no space left on device")
        save(shown, target)

    monkeypatch.setattr(generator, "save_clip", too_large)
    assert generate().result == {"generated": 11, "already_there": 0, "failed": 0, "carried_over": 1}


def test_many_scenes_of_which_none_can_be_made_are_not_charged(synced: RunningStash) -> None:
    make_unreadable(synced, *range(1, 13))
    for _ in range(RUNS):
        job = generate()
        assert (job.status, job.error_code) == (Status.FAILED, "nothing_done")
    assert tries() == {}


def test_the_same_holds_for_one_library_folder_of_two(synced: RunningStash, configure: Configure) -> None:
    synced.do(lambda: synced.simulator.settings.libraries.extend(["/other", "/seeded"]))
    for number in range(1, 4):
        change_file(synced, number, path=f"/other/{number}.mp4")
    make_unreadable(synced, *range(4, 13))
    job = generate()
    assert job.status == Status.FAILED and "/seeded" in job.error_message
    assert job.result == {"generated": 3, "already_there": 0, "failed": 0, "carried_over": 9}


def test_many_bad_scenes_pay_when_another_one_of_the_job_is_made_later(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.stash.generation.groups.GROUP", 5)
    newest = list(Scene.objects.values_list("pk", flat=True))
    make_unreadable(synced, *newest[:5])
    job = generate()
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert job.result == {"generated": 7, "already_there": 0, "failed": 5, "carried_over": 0}


def test_bad_scenes_that_failed_beside_good_ones_are_given_up_in_the_end(synced: RunningStash) -> None:
    make_unreadable(synced, *range(1, 7))
    assert [generate().errors for _ in range(RUNS)] == [6, 6, 6]
    assert tries() == dict.fromkeys(range(1, 7), RUNS)


def test_a_bad_sector_among_good_films_is_that_films_fault(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "save_clip", failing_with(errno.EIO, after=11))
    assert generate().result == {"generated": 11, "already_there": 0, "failed": 1, "carried_over": 0}


def test_scenes_made_before_a_crash_tell_of_the_bad_ones_after_it(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.stash.generation.groups.GROUP", 5)
    make_unreadable(synced, *list(Scene.objects.values_list("pk", flat=True))[5:])
    context = testing.context("stash_generate")
    with dying_at(CrashPoint.GENERATE_RECORDED):
        generation.generate(context, services.stash(context))
    generation.generate(context, services.stash(context))
    assert sorted(tries().values()) == [1] * 7


# --- stash_scan ---


@pytest.fixture
def seen_by_stash(place: Place, tmp_path: Path) -> Path:
    """Stash sees the library at another path, which is a link: without it, its disk is away."""
    theirs = tmp_path / "as stash sees it"
    theirs.symlink_to(place.library)
    place.stash.simulator.settings.libraries[:] = [str(theirs)]
    place.configure(path_map=PathMap.parse(f"stash:{theirs}={place.library}"))
    return theirs


def add_films(place: Place, *names: str, film: Path | None = None) -> None:
    files = [
        NewFile(name, film or make_video(place.downloads.parent / f"{seed}.mp4", seconds=1, size=(64, 36), seed=seed))
        for seed, name in enumerate(names)
    ]
    place.qbittorrent.add_torrent(names[0], files)
    assert place.run().status == Status.COMPLETED


def untouched() -> bool:
    """Whether no file is charged anything."""
    return not Scan.objects.exclude(outcome=Outcome.NEW, attempts=0).exists()


def test_files_wait_for_a_disk_that_stash_does_not_see(place: Place, seen_by_stash: Path) -> None:
    add_films(place, "A/a.mp4", "B/b.mp4")
    seen_by_stash.unlink()
    for _ in range(RUNS):
        job = place.scan()
        assert (job.status, job.attempt) == (Status.FAILED, 1)
        assert str(seen_by_stash) in job.error_message and "“Path mapping”" in job.error_message
    assert untouched()
    seen_by_stash.symlink_to(place.library)
    assert place.scan().result == {"scanned_files": 2, "found_files": 2, "failed": 0, "quarantined": 0}


def test_files_wait_for_a_disk_that_stash_sees_as_an_empty_folder(place: Place, seen_by_stash: Path) -> None:
    add_films(place, *(f"{number}.mp4" for number in range(5)))
    seen_by_stash.unlink()
    seen_by_stash.mkdir()
    for _ in range(RUNS):
        job = place.scan()
        assert (job.status, job.error_code) == (Status.FAILED, "nothing_done")
    assert untouched()


@pytest.mark.parametrize("is_there", [True, False], ids=["an empty folder", "no folder"])
def test_files_wait_for_a_disk_that_nobody_sees(place: Place, is_there: bool) -> None:
    add_films(place, "a.mp4")
    away = place.library.rename(place.library.with_name("away"))
    if is_there:
        place.library.mkdir()
    for _ in range(RUNS):
        job = place.scan()
        assert job.status == Status.FAILED and "mounted" in job.error_message
    assert untouched()
    if is_there:
        place.library.rmdir()
    away.rename(place.library)
    assert place.scan().result == {"scanned_files": 1, "found_files": 1, "failed": 0, "quarantined": 0}


def test_many_bad_files_pay_when_another_one_is_found(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.stash.scanning.FILES_AT_ONCE", 2)
    names = [f"{number}.mp4" for number in range(6)]
    for number, name in enumerate(names):
        add_films(place, name, film=broken_video(tmp_path / f"broken {name}", seed=number))
    add_films(place, "z good.mp4")
    job = place.scan()
    assert job.status == Status.COMPLETED_WITH_ERRORS
    assert job.result == {"scanned_files": 7, "found_files": 1, "failed": 6, "quarantined": 0}
    assert file_of("0.mp4").scan.attempts == 1


def test_files_found_before_a_crash_tell_of_the_bad_ones_after_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.stash.scanning.FILES_AT_ONCE", 1)
    add_films(place, "a good.mp4")
    for number in range(5):
        add_films(place, f"{number}.mp4", film=broken_video(tmp_path / f"broken {number}.mp4", seed=number))
    context = testing.context("stash_scan")
    with dying_at(CrashPoint.FILES_CONFIRMED):
        scanning.scan(context)
    assert file_of("a good.mp4").scan.outcome == Outcome.DONE
    scanning.scan(context)
    assert Scan.objects.filter(outcome=Outcome.FAILED, attempts=1).count() == 5
