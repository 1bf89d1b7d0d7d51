"""Many files of a torrent are placed in bursts: a file costs a part of a statement, and no death between two of them
loses one, or places one twice.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import engine, testing
from jobs.errors import Cancelled, ClaimLost
from jobs.models import Job, Status
from scenes.crash_points import CrashPoint
from scenes.downloads.files.bursts import burst, together
from scenes.downloads.processing import process
from scenes.models import Outcome, PlacedFile, Scan
from scenes.simulators.qbittorrent import NewFile
from tests.scenes.placing import POINTS, Died, Place, die, result_of

pytestmark = pytest.mark.django_db(transaction=True)

AtNth = Callable[[CrashPoint, int, Callable[[], object]], None]


@pytest.fixture(autouse=True)
def a_machine_without_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "MOMENT", 60.0)


@pytest.fixture
def at_nth(monkeypatch: pytest.MonkeyPatch) -> AtNth:
    """`at_nth(point, number, action)`: what happens when the job gets there for that time."""

    def arm(armed: CrashPoint, number: int, action: Callable[[], object]) -> None:
        met: list[CrashPoint] = []

        def crash_point(point: CrashPoint) -> None:
            if point == armed:
                met.append(point)
                if len(met) == number:
                    action()

        for module in POINTS:
            monkeypatch.setattr(module, "crash_point", crash_point)

    return arm


def many(place: Place, name: str, count: int) -> None:
    place.add(name, {f"{name}/{number:03}.mp4": 1000 + number for number in range(count)})


def links_of(place: Place, name: str) -> int:
    return (place.downloads / name).stat().st_nlink


def test_a_file_costs_a_part_of_a_statement(place: Place) -> None:
    taken = []
    for count in (63, 263):
        many(place, f"Film {count}", count)
        with CaptureQueriesContext(connection) as queries:
            assert result_of(place.run())["synced_files"] == count
        taken.append(len(queries))
    assert taken[1] - taken[0] < 100  # for 200 files


def test_a_folder_is_flushed_once_for_many_and_before_their_rows_say_so(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []

    def flush(folder: Path) -> None:
        done = PlacedFile.objects.filter(outcome=Outcome.DONE).count()
        flushed.append(len(list(folder.glob("*.mp4"))) - done)

    monkeypatch.setattr(burst, "flush_folder", flush)
    many(place, "Film", 63)
    place.run()
    assert flushed == [1, 2, 4, 8, 16, 32]  # files that were there, and not yet recorded


@pytest.mark.parametrize("point", [CrashPoint.TARGET_SAVED, CrashPoint.FILE_LINKED, CrashPoint.FILE_RECORDED])
@pytest.mark.parametrize("number", [1, 4])
def test_a_death_in_the_midst_of_a_burst_loses_nothing_and_places_nothing_twice(
    place: Place, at_nth: AtNth, point: CrashPoint, number: int
) -> None:
    many(place, "Film", 40)
    job = testing.context("process_downloads")
    at_nth(point, number, die)
    with pytest.raises(Died):
        process(job)
    process(job)
    rows = PlacedFile.objects.all()
    assert {(row.outcome, row.code, row.attempts) for row in rows} == {(Outcome.DONE, "linked", 0)}
    assert len(place.in_library()) == 1 + 40 and Scan.objects.count() == 40
    assert {links_of(place, row.name) for row in rows} == {2}
    assert rows.filter(placed_by=job.id).count() == 40


def test_a_cancel_in_the_midst_of_a_burst_hides_nothing_that_is_there(place: Place, at_nth: AtNth) -> None:
    many(place, "Film", 40)
    job = testing.context("process_downloads")

    def cancel() -> None:
        engine.cancel(job.id)
        job.interrupted_by(Cancelled)

    at_nth(CrashPoint.FILE_LINKED, 10, cancel)
    with pytest.raises(Cancelled):
        process(job)
    assert Job.objects.get().status == Status.CANCELLED
    done = PlacedFile.objects.filter(outcome=Outcome.DONE, code="linked")
    assert [*done.order_by("name").values_list("target", flat=True)] == [
        str(place.library / name) for name in place.in_library() if name.endswith(".mp4")
    ]
    assert done.count() == 10


def test_a_worker_that_was_frozen_and_lost_its_claim_links_no_other_file(place: Place, at_nth: AtNth) -> None:
    many(place, "Film", 40)
    job = testing.context("process_downloads")

    def freeze() -> None:
        Job.objects.filter(pk=job.id).update(claim_token=uuid.uuid4())
        time.sleep(2 * burst.CONFIRMED_FOR)

    at_nth(CrashPoint.FILE_LINKED, 10, freeze)
    with pytest.raises(ClaimLost):
        process(job)
    assert len(place.in_library()) == 1 + 10


def test_a_copy_is_recorded_before_the_next_file_is_begun(place: Place, at_nth: AtNth) -> None:
    place.configure(link_mode="copy")
    many(place, "Film", 8)
    done: list[int] = []
    at_nth(CrashPoint.COPY_WRITTEN, 6, lambda: done.append(PlacedFile.objects.filter(outcome=Outcome.DONE).count()))
    place.run()
    assert done == [5] and len(place.in_library()) == 1 + 8


def test_what_is_slow_is_not_believed_for_longer_than_a_moment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "MOMENT", 0.0)
    many(place, "Film", 8)
    bursts: list[int] = []
    take = together.FileQueue.take

    def counted(queue: together.FileQueue) -> list[together.FileToPlace]:
        files = take(queue)
        bursts.append(len(files))
        return files

    monkeypatch.setattr(together.FileQueue, "take", counted)
    assert result_of(place.run())["synced_files"] == 8
    assert max(bursts) == 1


def test_a_name_that_another_file_of_the_burst_has_is_given_to_one_of_them(place: Place) -> None:
    sizes = {f"Film/{number}.mp4": 1000 + number for number in range(4)}
    place.add("Film", sizes | {"Film/x (2).mp4": 1600, "Film/x.mp4": 1500})
    (place.library / "Film").mkdir()
    (place.library / "Film/x.mp4").write_bytes(b"somebody else's")
    assert result_of(place.run())["synced_files"] == 6
    targets = {PlacedFile.objects.get(name=f"Film/{name}.mp4").target for name in ("x", "x (2)")}
    assert targets == {str(place.library / f"Film/x ({number}).mp4") for number in (2, 3)}
    assert (place.library / "Film/x.mp4").read_bytes() == b"somebody else's"


def test_two_equal_files_of_one_burst_are_placed_once(place: Place) -> None:
    names = [f"Film/{number}.mp4" for number in range(8)]
    for number, name in enumerate(names):
        (place.downloads / name).parent.mkdir(parents=True, exist_ok=True)
        (place.downloads / name).write_bytes(b"x" * (5000 + number % 7))
    place.qbittorrent.add_torrent("Film", [NewFile(name) for name in names])
    result = result_of(place.run())
    assert (result["synced_files"], result["already_there"]) == (7, 1)
