"""A file pays when Stash's log names it, or when its place is known to work; else the place is said and its mapping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest

from jobs.models import Job, Status
from scenes.models import Outcome, Place, Scan
from scenes.paths import PathMap
from scenes.simulators.qbittorrent import NewFile
from scenes.simulators.stash.jobs import scanner
from scenes.simulators.stash.jobs.queue import Running
from scenes.simulators.stash.jobs.scanner import Scan as StashScan
from scenes.simulators.videos import broken_video, make_video
from tests.scenes import placing
from tests.scenes.placing import file_of, result_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]
RUNS = 3  # failures of an item that quarantine it


def add(place: placing.Place, *names: str, broken: bool = False) -> None:
    """A torrent of these files, placed, each another one: good films, or broken ones."""
    folder = place.downloads.parent
    films = [
        broken_video(folder / f"broken {seed(name)}.mp4", seed=seed(name)) if broken else good_film(folder, name)
        for name in names
    ]
    files = [NewFile(name, film) for name, film in zip(names, films, strict=True)]
    place.qbittorrent.add_torrent(names[0], files)
    assert place.run().status == Status.COMPLETED


def good_film(folder: Path, name: str) -> Path:
    return make_video(folder / f"{seed(name)}.mp4", seconds=1, size=(64, 36), seed=seed(name))


def seed(name: str) -> int:
    return crc32(name.encode()) % 1000


def tries() -> list[int]:
    return list(Scan.objects.order_by("file__name").values_list("attempts", flat=True))


# --- named files ---


@pytest.mark.parametrize("count", [1, 5])
def test_bad_files_with_nothing_good_beside_them_are_given_up_when_stashs_log_names_them(
    place: placing.Place, count: int
) -> None:
    add(place, *(f"New/{number}.mp4" for number in range(count)), broken=True)
    assert [place.scan().errors for _ in range(RUNS)] == [count] * RUNS
    assert {row.outcome for row in Scan.objects.all()} == {Outcome.QUARANTINED}
    assert place.scan().status == Status.COMPLETED


def test_four_bad_files_and_a_good_one_are_told_apart(place: placing.Place) -> None:
    add(place, "New/good.mp4")
    add(place, *(f"New/{number}.mp4" for number in range(4)), broken=True)
    assert place.scan().result == {"scanned_files": 5, "found_files": 1, "failed": 4, "quarantined": 0}
    assert tries() == [1, 1, 1, 1, 0]


# --- a mapping that leads elsewhere ---


@pytest.fixture
def elsewhere_in_stash(place: placing.Place, tmp_path: Path) -> Path:
    """Another folder of Stash's, which is there and has other films; the mapping leads to it."""
    folder = tmp_path / "other films"
    folder.mkdir()
    make_video(folder / "theirs.mp4", seconds=1, size=(64, 36), seed=77)
    place.stash.simulator.settings.libraries.append(str(folder))
    place.configure(path_map=PathMap.parse(f"stash:{folder}={place.library}"))
    return folder


def assert_in_doubt(job: Job, *words: str) -> None:
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "nothing_done", 1), job.error_message
    for word in words:
        assert word in job.error_message, job.error_message


def test_two_files_a_run_below_a_wrong_mapping_are_in_doubt_for_ever_and_go_through_when_it_is_right(
    place: placing.Place, elsewhere_in_stash: Path
) -> None:
    add(place, "a.mp4", "b.mp4")
    for _ in range(RUNS + 1):
        assert_in_doubt(place.scan(), str(elsewhere_in_stash), f"stash:{elsewhere_in_stash}={place.library}")
    assert tries() == [0, 0]
    assert "no word of it" in file_of("a.mp4").scan.message
    place.configure(path_map=PathMap())
    assert place.scan().result == {"scanned_files": 2, "found_files": 2, "failed": 0, "quarantined": 0}
    assert file_of("a.mp4").scan.message == ""


def test_one_file_more_each_run_below_a_wrong_mapping_makes_no_difference(
    place: placing.Place, elsewhere_in_stash: Path
) -> None:
    for number in range(RUNS + 1):
        add(place, f"{number}.mp4")
        assert_in_doubt(place.scan())
    assert tries() == [0] * (RUNS + 1)


def test_a_mapping_that_worked_and_was_changed_is_in_doubt_again(place: placing.Place, tmp_path: Path) -> None:
    add(place, "a.mp4")
    assert place.scan().status == Status.COMPLETED
    folder = tmp_path / "other films"
    folder.mkdir()
    place.stash.simulator.settings.libraries.append(str(folder))
    place.configure(path_map=PathMap.parse(f"stash:{folder}={place.library}"))
    add(place, "b.mp4")
    for _ in range(RUNS):
        assert_in_doubt(place.scan(), str(folder))
    assert file_of("b.mp4").scan.attempts == 0


def test_films_of_another_mapping_to_the_same_folder_of_stash_clear_nothing(
    place: placing.Place, tmp_path: Path
) -> None:
    add(place, "a.mp4")
    assert place.scan().status == Status.COMPLETED
    wrong = tmp_path / "second library"
    wrong.mkdir()
    place.configure(library_path=wrong, path_map=PathMap.parse(f"stash:{place.library}={wrong}"))
    add(place, "b.mp4")
    for _ in range(RUNS):
        assert_in_doubt(place.scan(), f"stash:{place.library}={wrong}")
    assert file_of("b.mp4").scan.attempts == 0


# --- no word ---


def pass_over(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stash says no word of the files whose names end so."""
    whole = scanner.below
    monkeypatch.setattr(scanner, "below", lambda top: [path for path in whole(top) if not path.name.endswith(name)])


def test_a_file_without_a_word_pays_in_a_place_that_worked_before(
    place: placing.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(place, "good.mp4")
    assert place.scan().status == Status.COMPLETED
    pass_over("odd.mp4", monkeypatch)
    add(place, *(f"{number} odd.mp4" for number in range(5)))
    assert [place.scan().errors for _ in range(RUNS)] == [5] * RUNS
    assert place.scan().status == Status.COMPLETED


def test_files_without_a_word_pay_once_a_first_one_of_their_place_is_found(
    place: placing.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_over("odd.mp4", monkeypatch)
    add(place, "odd.mp4")
    assert_in_doubt(place.scan())
    add(place, "good.mp4")
    assert place.scan().result == {"scanned_files": 2, "found_files": 1, "failed": 1, "quarantined": 0}


# --- a place that looks away ---


def failing_with(monkeypatch: pytest.MonkeyPatch, message: Callable[[Path], str], *names: str) -> None:
    """Stash logs that of these files, or of all, and takes none of them."""
    whole = StashScan.file

    async def file(self: StashScan, found: scanner.WalkedFile) -> object:
        if names and found.path.name not in names:
            return await whole(self, found)
        self.log.error(message(found.path))
        return None

    monkeypatch.setattr(StashScan, "file", file)


UNREACHABLE = ["stale NFS file handle", "input/output error", "transport endpoint is not connected"]
WORDS = pytest.mark.parametrize("words", [*UNREACHABLE, "no such file or directory"])


@WORDS
def test_files_that_stash_cannot_reach_wait_although_it_names_them_and_their_place_worked(
    place: placing.Place, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    add(place, "good.mp4")
    assert place.scan().status == Status.COMPLETED
    add(place, "a.mp4", "b.mp4")
    with monkeypatch.context() as patched:
        failing_with(patched, lambda path: f'error scanning file "{path}": open {path}: {words}')
        for _ in range(RUNS + 1):
            assert_in_doubt(place.scan(), words)
    assert tries() == [0, 0, 0]
    row = Place.objects.get(use=Place.Use.SCAN)
    assert not row.is_trusted and words in row.reason
    assert place.scan().result == {"scanned_files": 2, "found_files": 2, "failed": 0, "quarantined": 0}
    row.refresh_from_db()
    assert row.is_trusted


def test_a_bad_sector_beside_good_films_is_its_files_own(place: placing.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    add(place, "a.mp4", "b.mp4", "c.mp4")
    failing_with(monkeypatch, lambda path: f'error scanning file "{path}": input/output error', "b.mp4")
    for _ in range(RUNS):
        assert place.scan().errors == 1
    assert file_of("b.mp4").scan.outcome == Outcome.QUARANTINED


def test_after_a_place_looked_away_files_without_a_word_wait_until_one_is_found(
    place: placing.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(place, "good.mp4")
    place.scan()
    add(place, "a.mp4")
    with monkeypatch.context() as patched:
        failing_with(patched, lambda path: f'error scanning file "{path}": stale file handle')
        assert_in_doubt(place.scan())
    with monkeypatch.context() as patched:
        pass_over("a.mp4", patched)
        assert_in_doubt(place.scan(), "no word of it")
        add(place, "c.mp4")
        assert result_of(place.scan())["failed"] == 1
    assert file_of("a.mp4").scan.attempts == 1


def test_a_library_that_vanishes_during_the_scan_costs_no_file_anything(
    place: placing.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(place, "a.mp4", "b.mp4", "c.mp4")
    away, whole = place.library.with_name("away"), StashScan.__call__

    async def scan(self: StashScan, running: Running) -> None:
        await whole(self, running)
        await self._forget_but_first()  # type: ignore[attr-defined]

    async def forget(self: StashScan) -> None:
        for path in ("b.mp4", "c.mp4"):
            scene = self.state.scene_of_file[self.state.file_by_path[str(place.library / path)].id]
            self.state.remove(self.state.scenes[scene])
        place.library.rename(away)

    monkeypatch.setattr(StashScan, "__call__", scan)
    monkeypatch.setattr(StashScan, "_forget_but_first", forget, raising=False)
    assert_in_doubt(place.scan(), "For StashHog")
    assert tries() == [0, 0, 0]
    assert file_of("a.mp4").scan.outcome == Outcome.DONE
    monkeypatch.undo()
    away.rename(place.library)
    assert result_of(place.scan())["failed"] == 0
