"""Nothing is begun after a cancel, wherever it finds the worker: in a copy, or between two writes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from jobs.models import Status
from scenes.crash_points import CrashPoint
from scenes.models import Change, PlacedFile
from tests.faults import matrix
from tests.faults.cancelling import AT_ONCE, CLEANS_UP, cancel_at_once, locks_are_free
from tests.faults.case import Case
from tests.faults.holding import GENERATE, WRITE, Held, asked, begin_and_hold, begin_held, going_on, slow_write
from tests.faults.long_copy import LONG, add_long_film
from tests.faults.scenarios import everything_is_done, prepared
from tests.faults.services import Services
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
P = matrix.P


def writes(case: Case) -> list[str]:
    return [name for name in case.services.writes() if name != "stopJob"]


def goes_on_well(case: Case) -> None:
    """The next run does what is left, as if nobody had cancelled."""
    case.services.all_well()
    again = case.run()
    assert again.status == Status.COMPLETED, again.result
    case.nothing_is_left_half_done()
    everything_is_done()


def test_a_cancel_between_two_of_many_writes_lets_the_one_in_flight_end_and_begins_no_other(
    services: Services, tmp_path: Path
) -> None:
    slow = slow_write("tagCreate", 0.3, times=None)
    many = Held(WRITE.step, WRITE.type, slow, asked("tagCreate", 3), batch_size=WRITE.batch_size)
    with prepared(services, tmp_path, "link") as case:
        case.start_worker()
        run = begin_and_hold(case, many)
        assert cancel_at_once(run) < AT_ONCE
        before = writes(case)
        until(locks_are_free, "the locks to be free", CLEANS_UP)
        after = writes(case)
        assert len(after) <= len(before) + 1, after[len(before) :]  # it was on its way, and not yet there
        assert not Change.objects.filter(status=Change.Status.APPLIED).exists()
        goes_on_well(case)


# Each is passed right before Stash is asked for something.
@pytest.mark.parametrize(
    "point", matrix.selected([P.TAGS_ADDED, P.SCAN_INTENDED, P.GENERATE_INTENDED], [P.MARKER_INTENDED])
)
def test_what_was_about_to_be_written_to_stash_is_not_written_after_a_cancel(
    services: Services, tmp_path: Path, point: CrashPoint
) -> None:
    with prepared(services, tmp_path, "link") as case:
        case.arm(point, "frozen")
        case.start_worker()
        run = begin_held(case, GENERATE) if point == P.GENERATE_INTENDED else case.begin(batch_size=WRITE.batch_size)
        frozen = case.wait_until_reached()
        assert cancel_at_once(run) < AT_ONCE
        before = writes(case)
        os.kill(frozen, signal.SIGCONT)
        until(locks_are_free, "the locks to be free", CLEANS_UP)
        assert writes(case) == before
        goes_on_well(case)


def test_a_cancel_ends_a_copy_half_way(services: Services, tmp_path: Path) -> None:
    with prepared(services, tmp_path, "copy") as case:
        add_long_film(case)
        case.arm(CrashPoint.COPY_BEGUN, "frozen", once=False)  # at each piece, until the test lets it go on
        case.start_worker()
        run = case.begin()
        copying = run.sub_jobs.claimed().filter(message__contains=f"copying {LONG}")
        until(going_on(case, copying.exists), "the copy to be under way", 40)
        assert cancel_at_once(run) < AT_ONCE
        until(going_on(case, locks_are_free), "the worker to clean up", CLEANS_UP)
        assert not list(case.folder.rglob("*.part"))
        assert not (case.library / LONG).exists()
        assert PlacedFile.objects.get(name=LONG).placed_at is None
        case.stop_all()
        case.armed = {}
        case.start_worker()
        goes_on_well(case)
        assert (case.library / LONG).stat().st_size == (case.downloads / LONG).stat().st_size
