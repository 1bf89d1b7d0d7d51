"""A file that Stash or a plugin renames right after the scan is found by its fingerprint before it is called lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import testing
from jobs.context import JobContext
from jobs.models import Job, Status
from scenes.crash_points import CrashPoint
from scenes.models import Outcome, PlacedFile, Scan
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.videos import make_video
from scenes.stash import scanning
from tests.scenes.dying import dying_at
from tests.scenes.placing import Place, file_of, log_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

Rename = Callable[[str], str | None]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("films")
    return [make_video(folder / f"{name}.mp4", seconds=2, seed=number) for number, name in enumerate("ab", 2)]


@pytest.fixture
def plugin(place: Place) -> Callable[[Rename], None]:
    def use(rename: Rename | None) -> None:
        place.stash.do(lambda: setattr(place.stash.simulator.settings, "renamed_by_plugin", rename))

    return use


def add(place: Place, name: str, films: list[Path]) -> None:
    files = [NewFile(f"{name}/{number}.mp4", film) for number, film in enumerate(films)]
    place.qbittorrent.add_torrent(name, files)
    assert place.run().status == Status.COMPLETED


def titled(path: str) -> str:
    return str(Path(path).with_name(f"Studio - {Path(path).name}"))


def sorted_away(path: str) -> str:
    return str(Path(path).parent.parent / "By studio" / "Somebody" / Path(path).name)


@pytest.mark.parametrize("rename", [titled, sorted_away])
@pytest.mark.parametrize("mode", ["hardlink", "copy", "move"])
def test_a_renamed_file_is_found_with_its_scene_and_its_new_place(
    place: Place, films: list[Path], plugin: Callable[[Rename], None], rename: Rename, mode: str
) -> None:
    place.configure(link_mode=mode)
    add(place, "Film", films)
    plugin(rename)
    job = place.scan()
    assert job.result == {"scanned_files": 2, "found_files": 2, "failed": 0, "quarantined": 0}
    scenes = {path: scene["id"] for scene in place.stash.dump()["scenes"] for path in scene["files"]}
    for row in PlacedFile.objects.all():
        before = place.library / row.name
        assert row.target == rename(str(before)) and row.scan.scene_id == scenes[row.target]
        assert "renamed it" in log_of(job) and row.target in row.scan.message


def test_one_of_two_is_renamed(place: Place, films: list[Path], plugin: Callable[[Rename], None]) -> None:
    add(place, "Film", films)
    plugin(lambda path: titled(path) if path.endswith("0.mp4") else None)
    assert place.scan().status == Status.COMPLETED
    assert set(Scan.objects.values_list("outcome", flat=True)) == {Outcome.DONE}
    assert file_of("Film/1.mp4").target == str(place.library / "Film/1.mp4")


def test_it_is_found_by_the_next_attempt_too(place: Place, films: list[Path], plugin: Callable[[Rename], None]) -> None:
    place.configure(link_mode="move")  # so that nothing is left to tell its fingerprint by
    add(place, "Film", films[:1])
    plugin(titled)
    context = testing.context("stash_scan")
    with dying_at(CrashPoint.SCAN_FINISHED):
        scanning.scan(context)
    scanning.scan(JobContext(Job.objects.get(pk=context.id)))
    assert file_of("Film/0.mp4").scan.scene_id is not None
    assert file_of("Film/0.mp4").target == titled(str(place.library / "Film/0.mp4"))


def test_another_torrent_with_the_same_file_finds_it_under_its_new_name(
    place: Place, films: list[Path], plugin: Callable[[Rename], None]
) -> None:
    add(place, "First", films[:1])
    plugin(titled)
    assert place.scan().status == Status.COMPLETED
    add(place, "Second", films[:1])
    assert file_of("Second/0.mp4").code == "already_there"
    assert [path.name for path in place.library.rglob("*.mp4")] == ["Studio - 0.mp4"]


def test_a_file_that_was_deleted_is_lost_though_stash_still_has_a_row_of_its_copy(
    place: Place, films: list[Path]
) -> None:
    add(place, "Old", films[:1])
    place.scan()
    (place.library / "Old/0.mp4").unlink()
    add(place, "Film", films[:1])
    (place.library / "Film/0.mp4").unlink()
    place.scan()
    row = file_of("Film/0.mp4")
    assert row.scan.outcome == Outcome.FAILED and "not at" in row.scan.message


def test_its_subtitle_stays_placed_and_a_later_clean_up_knows_the_new_place(
    place: Place, films: list[Path], plugin: Callable[[Rename], None]
) -> None:
    place.qbittorrent.add_torrent("Film", [NewFile("film.mp4", films[0]), NewFile("film.srt", 50)])
    place.run()
    plugin(lambda path: titled(path) if path.endswith(".mp4") else None)
    assert place.scan().status == Status.COMPLETED
    place.configure(cleanup="remove_torrent_and_files")
    place.run()
    assert not (place.downloads / "film.mp4").exists(), "its other link is known to be safe in the library"
    assert Path(file_of("film.mp4").target).is_file() and file_of("film.srt").outcome == Outcome.DONE


def test_a_scan_with_stash_away_keeps_the_files_waiting_and_they_are_found_later(
    place: Place, films: list[Path], plugin: Callable[[Rename], None], settings: object
) -> None:
    settings.JOBS_RETRY_DELAY = 0  # type: ignore[attr-defined]
    add(place, "Film", films)
    with place.stash.away():
        assert place.scan().status == Status.FAILED
    assert set(Scan.objects.values_list("outcome", "attempts")) == {(Outcome.NEW, 0)}
    plugin(titled)
    assert result_of(place.scan())["found_files"] == 2
