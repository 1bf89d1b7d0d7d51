"""An attempt that comes again, after a crash or an outage, doesn't try again what failed in the job already."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import engine, testing
from jobs.context import JobContext
from jobs.declare.registry import get_task
from jobs.errors import JobError
from jobs.models import Job, Status
from scenes import releasing, services
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, PlacedFile, Scene
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.stash import RunningStash
from scenes.simulators.videos import broken_video
from scenes.stash import generation, scanning
from tests.scenes.dying import dying_at
from tests.scenes.placing import Place, file_of

pytestmark = pytest.mark.django_db(transaction=True)


def next_attempt(context: JobContext) -> JobContext:
    return JobContext(Job.objects.get(pk=context.id))


@pytest.fixture
def broken(place: Place, tmp_path: Path) -> Place:
    """A file that Stash can't read is placed in the library."""
    place.qbittorrent.add_torrent("broken.mp4", [NewFile("broken.mp4", broken_video(tmp_path / "broken.mp4"))])
    assert place.run().status == Status.COMPLETED
    return place


def test_a_file_that_failed_is_not_scanned_for_again_in_the_same_job_but_still_counts(broken: Place) -> None:
    context = testing.context("stash_scan")
    with dying_at(CrashPoint.FILES_CONFIRMED):
        scanning.scan(context)
    for _ in range(3):
        scanning.scan(next_attempt(context))
    row = file_of("broken.mp4")
    assert (row.scan.outcome, row.scan.attempts) == (Outcome.FAILED, 1)
    assert len(broken.stash.asked("metadataScan")) == 1
    assert get_task("stash_scan").report(context.job).errors == 1


def test_the_next_job_and_a_retry_by_hand_try_the_file_again(broken: Place) -> None:
    broken.scan()
    job = broken.scan()
    assert file_of("broken.mp4").scan.attempts == 2
    Job.objects.filter(pk=job.pk).update(status=Status.FAILED)
    engine.retry(job.pk)
    testing.work()
    assert file_of("broken.mp4").scan.attempts == 3


def test_a_file_released_meanwhile_is_tried_again_by_the_same_job(broken: Place) -> None:
    context = testing.context("stash_scan")
    scanning.scan(context)
    releasing.release(PlacedFile.objects.all())
    scanning.scan(next_attempt(context))
    assert len(broken.stash.asked("metadataScan")) == 2
    assert file_of("broken.mp4").scan.attempts == 1


def test_a_release_during_the_scan_is_not_forgotten_at_its_end(broken: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    broken.scan()
    broken.scan()
    context = testing.context("stash_scan")
    pause = context.pause

    def paused(seconds: float) -> None:
        releasing.release(PlacedFile.objects.all())
        pause(seconds)

    monkeypatch.setattr(context, "pause", paused)
    foreign = broken.stash.add_foreign_job()  # so that it is looked at more than once
    threading.Timer(0.5, lambda: broken.stash.end_foreign_job(foreign)).start()
    scanning.scan(context)
    row = file_of("broken.mp4")
    assert (row.scan.outcome, row.scan.attempts) == (Outcome.FAILED, 1), "its third failure in a row would be the end"


@pytest.fixture
def synced(synced: RunningStash, configure: Callable[..., object]) -> RunningStash:
    """Twelve scenes, of which number 4 can't be read."""
    configure(generate=frozenset({"previews"}))
    synced.do(lambda: setattr(synced.state.files[synced.state.scenes[4].file_ids[0]], "imaginary", False))
    return synced


def test_a_scene_that_failed_is_not_asked_for_again_in_the_same_job_but_still_counts(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenes.stash.generation.groups.GROUP", 9)  # the first group has number 4
    context = testing.context("stash_generate")
    synced.fault("http_500", "ScenesById", after=2)
    with pytest.raises(JobError):
        generation.generate(context, services.stash(context))
    for _ in range(2):
        generation.generate(next_attempt(context), services.stash(context))
    assert Scene.objects.get(pk=4).generation.attempts == 1
    result = get_task("stash_generate").report(context.job).result
    assert result == {"generated": 11, "already_there": 0, "failed": 1, "carried_over": 0}


def test_a_scene_released_meanwhile_is_asked_for_again_by_the_same_job(synced: RunningStash) -> None:
    context = testing.context("stash_generate")
    generation.generate(context, services.stash(context))
    releasing.release(Scene.objects.all())
    generation.generate(next_attempt(context), services.stash(context))
    assert [entry.variables["input"]["sceneIDs"] for entry in synced.asked("metadataGenerate")][1:] == [["4"]]
    assert Scene.objects.get(pk=4).generation.attempts == 1


def test_the_next_job_asks_for_the_scene_again(synced: RunningStash) -> None:
    testing.run("stash_generate")
    testing.run("stash_generate")
    assert Scene.objects.get(pk=4).generation.attempts == 2
