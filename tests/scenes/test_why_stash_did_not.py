"""What a file or scene is told to have failed of: what Stash's log says of it, however much is logged after that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

from jobs import testing
from jobs.context import JobContext
from jobs.errors import JobError
from jobs.models import Job, Status
from scenes import services
from scenes.clients.stash.client import LogLine
from scenes.models import Outcome, Scene
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.jobs import scanner
from scenes.simulators.stash.jobs.log import KEPT
from scenes.simulators.stash.jobs.queue import Failed, Running
from scenes.simulators.stash.jobs.tasks import Generate
from scenes.simulators.videos import broken_video, make_video
from scenes.stash import generation, scanning
from scenes.stash.stash_jobs.journal import names_file, names_folder
from tests.scenes.placing import Place, file_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


def place_films(place: Place, **films: Path) -> None:
    """One torrent a film: its name below the library without ".mp4", and the file."""
    for name, film in films.items():
        place.qbittorrent.add_torrent(name, [NewFile(f"Film/{name}.mp4", film)])
    assert place.run().status == Status.COMPLETED


def talking(stash: RunningStash, context: JobContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look after it has logged an error, Stash logs so much that its log has lost it when the job ends."""
    pause, log, seen = context.pause, stash.simulator.log, [False]

    def paused(seconds: float) -> None:
        before, seen[0] = seen[0], any(line.level == "Error" for line in stash.do(lambda: list(log.entries)))
        if before:
            stash.do(lambda: log_a_lot(stash))
        pause(seconds)

    monkeypatch.setattr(context, "pause", paused)


def log_a_lot(stash: RunningStash) -> None:
    for number in range(KEPT):
        stash.simulator.log.info(f"Creating scene {number}")


def test_a_failure_early_in_a_long_scan_is_told_although_stashs_log_has_lost_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = make_video(tmp_path / "good.mp4", seconds=1, size=(64, 36))
    place_films(place, a_broken=broken_video(tmp_path / "broken.mp4"), b_good=good)
    place.stash.simulator.settings.seconds_per_item = 0.6
    context = testing.context("stash_scan")
    talking(place.stash, context, monkeypatch)
    scanning.scan(context)
    assert not any(line.level == "Error" for line in place.stash.simulator.log.entries), "the log still has it"
    assert "ffprobe" in file_of("Film/a_broken.mp4").scan.message
    assert file_of("Film/b_good.mp4").scan.outcome == Outcome.DONE


def test_a_missing_file_is_not_blamed_with_the_error_of_another_one_below_its_folder(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = make_video(tmp_path / "good.mp4", seconds=1, size=(64, 36))
    place.qbittorrent.add_torrent("A", [NewFile("Film/A.mp4", good)])
    another = make_video(tmp_path / "another.mp4", seconds=1, size=(64, 36), seed=2)
    place.qbittorrent.add_torrent("good", [NewFile("good.mp4", another)])  # without any, no file is blamed at all
    for seed, other in enumerate(("Film/sub/B.mp4", "Film/(1) B.mp4", "Film 2/A.mp4", "Film/A.mp4.mp4")):
        place.qbittorrent.add_torrent(other, [NewFile(other, broken_video(tmp_path / f"{seed}.mp4", seed=seed))])
    assert place.run().status == Status.COMPLETED
    pass_over("Film/A.mp4", monkeypatch)
    place.scan()
    row = file_of("Film/A.mp4")
    assert row.scan.outcome == Outcome.FAILED
    assert "no word of it" in row.scan.message, row.scan.message
    assert "sub/B.mp4" in file_of("Film/sub/B.mp4").scan.message


def pass_over(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stash says no word of this file."""
    whole = scanner.below

    def below(top: Path) -> list[Path]:
        return [path for path in whole(top) if not str(path).endswith(f"/{name}")]

    monkeypatch.setattr(scanner, "below", below)


WINDOWS = r"D:\films\A\one.mp4"


@pytest.mark.parametrize(
    ("message", "path", "is_named"),
    [
        (r"error generating preview for D:\films\A\one.mp4: bad", WINDOWS, True),
        (r'error scanning file "D:\\films\\A\\one.mp4": bad', WINDOWS, True),
        (r'error scanning file "\\\\nas\\films\\one.mp4": bad', r"\\nas\films\one.mp4", True),
        (r"error scanning \\nas\films\one.mp4: bad", r"\\nas\films\one.mp4", True),
        (r"error generating preview for D:\films\A\one.mp4: bad", "one.mp4", False),
        (r'error scanning file "D:\\films\\A\\one.mp4": bad', "one.mp4", False),
        ("error generating preview for one.mp4: bad", "one.mp4", True),
    ],
)
def test_a_stash_on_windows_writes_paths_with_one_backslash_or_two(message: str, path: str, is_named: bool) -> None:
    assert names_file(LogLine(timezone.now(), "Error", message), path) == is_named


@pytest.mark.parametrize("message", [r"error walking D:\films\A\: gone", r'error walking "D:\\films\\A": gone'])
def test_a_folder_on_windows_is_known_by_its_name_too(message: str) -> None:
    line = LogLine(timezone.now(), "Error", message)
    assert names_folder(line, r"D:\films\A")
    assert not names_folder(line, r"D:\films")


@pytest.mark.parametrize(
    "message",
    [
        "error walking {folder}: permission denied",
        'error scanning "{folder}": input/output error',
        "{folder} is not in the configured library paths",
        "error walking {folder}/",
    ],
)
def test_an_error_of_the_folder_itself_is_told_and_no_fault_of_its_files(
    place: Place, tmp_path: Path, message: str
) -> None:
    place_films(place, A=make_video(tmp_path / "good.mp4", seconds=1, size=(64, 36)))
    place.stash.simulator.settings.video_extensions.remove("mp4")
    context = testing.context("stash_scan")
    expected = message.format(folder=place.library / "Film")
    pause = context.pause

    def paused(seconds: float) -> None:
        place.stash.do(lambda: place.stash.simulator.log.error(expected))
        pause(seconds)

    context.pause = paused  # type: ignore[method-assign]
    foreign = place.stash.add_foreign_job()
    end_after(place.stash, context, foreign, looks=2)
    with pytest.raises(JobError) as caught:
        scanning.scan(context)
    assert expected in caught.value.message
    assert file_of("Film/A.mp4").scan.attempts == 0


def end_after(stash: RunningStash, context: JobContext, foreign: object, looks: int) -> None:
    """Somebody else's job ends after that many looks at ours behind it."""
    pause, count = context.pause, iter(range(looks + 1))

    def paused(seconds: float) -> None:
        if next(count, None) == looks - 1:
            stash.end_foreign_job(foreign)  # type: ignore[arg-type]
        pause(seconds)

    context.pause = paused  # type: ignore[method-assign]


@pytest.fixture
def synced(synced: RunningStash, configure: Callable[..., object]) -> RunningStash:
    """Twelve scenes without previews."""
    configure(generate=frozenset({"previews"}))
    return synced


def make_unreadable(stash: RunningStash, number: int) -> None:
    stash.do(lambda: setattr(stash.state.files[stash.state.scenes[number].file_ids[0]], "imaginary", False))


def test_a_scene_that_failed_early_has_its_own_reason_and_not_a_later_ones(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Scene.objects.values_list("pk", flat=True)[0]
    make_unreadable(synced, first)
    synced.simulator.settings.seconds_per_item = 0.1
    context = testing.context("stash_generate")
    talking(synced, context, monkeypatch)
    generation.generate(context, services.stash(context))
    assert not any(line.level == "Error" for line in synced.simulator.log.entries), "the log still has it"
    file = synced.state.files[synced.state.scenes[first].file_ids[0]]
    assert file.path in Scene.objects.get(pk=first).generation.message


def test_a_generation_that_fails_as_a_whole_is_tried_again_and_blames_no_scene(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: Generate, running: Running) -> None:
        raise Failed("ffmpeg is not there")

    monkeypatch.setattr(Generate, "__call__", fail)
    job = testing.run("stash_generate")
    assert (job.status, job.attempt) == (Status.QUEUED, 2)
    assert "Stash's generate job ended as FAILED" in job.message
    assert not Scene.objects.filter(generation__attempts__gt=0).exists()
    assert "ffmpeg is not there" in log_of(job)
    monkeypatch.undo()


def test_what_is_there_after_a_generation_that_failed_counts(
    synced: RunningStash, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Generate.__call__

    async def fail(self: Generate, running: Running) -> None:
        await make(self, running)
        raise Failed("after all was done")

    monkeypatch.setattr(Generate, "__call__", fail)
    job = testing.run("stash_generate")
    assert job.status == Status.COMPLETED, job.message
    assert job.result is not None and job.result["generated"] == 12


def log_of(job: Job) -> str:
    return "\n".join(job.events.values_list("message", flat=True))
