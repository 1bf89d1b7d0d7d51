"""A worker frozen past its lease and woken while its successor is at the same file: nothing half-written is named."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connection

from jobs import testing
from jobs.context import JobContext
from jobs.errors import ClaimLost
from jobs.models import Job
from scenes.crash_points import CrashPoint
from scenes.downloads.files import copying
from scenes.downloads.processing import process
from scenes.models import Outcome
from tests.scenes.placing import POINTS, At, Place, file_of, result_of

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0  # seconds
SIZE = 9_000_000  # bytes: several chunks


@dataclass
class Frozen:
    """A worker at work in a thread, which stands still at one place until `thaw`.

    ``named``: whether there was something under the target's name when it had ended.
    """

    job: JobContext
    place: str
    target: Path
    named: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    ended_with: list[BaseException | None] = field(default_factory=list)

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.reached.wait(PATIENCE)

    def _run(self) -> None:
        try:
            process(self.job)
            self.ended_with.append(None)
        except ClaimLost as error:
            self.ended_with.append(error)
        finally:
            connection.close()

    def passes(self, place: str) -> None:
        if threading.current_thread() is self.thread and place == self.place and not self.reached.is_set():
            self.reached.set()
            self.go_on.wait(PATIENCE)

    def thaw(self) -> None:
        self.go_on.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        self.named = self.target.exists()

    def successor(self) -> JobContext:
        """Whoever took the job back and claimed it."""
        Job.objects.filter(pk=self.job.id).update(claim_token=uuid.uuid4())
        return JobContext(Job.objects.get(pk=self.job.id))


@pytest.fixture
def freeze(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Frozen]]:
    """`freeze(place, then_at)`: a frozen worker, which its successor thaws at `then_at`."""
    frozen: list[Frozen] = []

    def arm(point: str, then_at: str = "") -> Frozen:
        one = Frozen(testing.context("process_downloads"), point, place.library / "Film/a.mp4")
        frozen.append(one)
        waiting = [one.thaw]

        def passed(point: str) -> None:
            one.passes(point)
            if threading.current_thread() is not one.thread and point == then_at and waiting:
                waiting.pop()()

        check_size = copying.check_size

        def checked(*paths: Path) -> None:
            check_size(*paths)
            passed("checked")

        for module in POINTS:
            monkeypatch.setattr(module, "crash_point", passed)
        monkeypatch.setattr(copying, "check_size", checked)
        one.start()
        return one

    yield arm
    for one in frozen:
        one.thaw()


Freeze = Callable[..., Frozen]


@pytest.mark.parametrize("woken_at", [CrashPoint.COPY_BEGUN, CrashPoint.COPY_WRITTEN, "checked"])
@pytest.mark.parametrize("frozen_at", [CrashPoint.COPY_BEGUN, CrashPoint.COPY_WRITTEN, "checked"])
def test_a_copier_that_wakes_while_its_successor_copies_harms_nothing(
    place: Place, freeze: Freeze, frozen_at: str, woken_at: str
) -> None:
    place.configure(link_mode="copy")
    place.add("Film", {"Film/a.mp4": SIZE})
    target = place.library / "Film/a.mp4"
    frozen: Frozen = freeze(frozen_at, woken_at)
    process(frozen.successor())
    assert not frozen.named and isinstance(frozen.ended_with[0], ClaimLost)
    assert target.read_bytes() == (place.downloads / "Film/a.mp4").read_bytes()
    row = file_of("Film/a.mp4")
    assert (row.outcome, row.code, row.attempts) == (Outcome.DONE, "copied", 0), row.message
    assert place.in_library() == ["Film", "Film/a.mp4"]


@pytest.mark.parametrize("mode", ["hardlink", "copy"])
def test_a_worker_that_lost_its_claim_places_nothing(place: Place, freeze: Freeze, mode: str) -> None:
    place.configure(link_mode=mode)
    place.add("Film", ["Film/a.mp4"])
    frozen = freeze(CrashPoint.TARGET_SAVED)
    frozen.successor()
    frozen.thaw()
    assert isinstance(frozen.ended_with[0], ClaimLost)
    assert place.in_library() == []


def test_a_worker_that_lost_its_claim_removes_no_source(place: Place, freeze: Freeze) -> None:
    place.configure(link_mode="move")
    place.add("Film", ["Film/a.mp4"])
    frozen = freeze(CrashPoint.MOVE_PLACED)
    frozen.successor()
    frozen.thaw()
    assert isinstance(frozen.ended_with[0], ClaimLost)
    assert (place.downloads / "Film/a.mp4").is_file()


@pytest.mark.parametrize("mode", ["hardlink", "copy", "move"])
def test_the_very_file_appearing_under_the_name_meanwhile_is_taken_for_what_it_is(
    place: Place, at: At, mode: str
) -> None:
    place.configure(link_mode=mode)
    place.add("Film", ["a.mp4"])
    content = (place.downloads / "a.mp4").read_bytes()
    at(CrashPoint.FOLDER_MADE, lambda: (place.library / "a.mp4").hardlink_to(place.downloads / "a.mp4"))
    job = place.run()
    assert file_of("a.mp4").code == ("moved" if mode == "move" else "linked"), file_of("a.mp4").message
    assert result_of(job)["synced_files"] == 1 and job.errors == 0
    assert place.in_library() == ["a.mp4"] and (place.library / "a.mp4").read_bytes() == content


def test_somebody_elses_file_appearing_under_the_name_meanwhile_leads_to_the_next_number(place: Place, at: At) -> None:
    place.add("Film", ["a.mp4"])
    at(CrashPoint.FOLDER_MADE, lambda: (place.library / "a.mp4").write_bytes(b"somebody else's"))
    assert place.run().errors == 0
    assert (place.library / "a.mp4").read_bytes() == b"somebody else's"
    assert (place.library / "a (2).mp4").samefile(place.downloads / "a.mp4")
