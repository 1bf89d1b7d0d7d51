"""A worker that stood still for longer than its lease (a laptop's lid, a full disk's wait) does no more harm."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jobs.models import Event, Status
from scenes.models import PlacedFile
from tests.faults import final_rows, final_services, matrix
from tests.faults.case import Case
from tests.faults.conftest import Expected
from tests.faults.final_rows import differences
from tests.faults.holding import go_on, stopped
from tests.faults.scenarios import prepared
from tests.faults.services import Services
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
E, P = matrix.E, matrix.P

SHORT = {"STASHHOG_LEASE": "2", "STASHHOG_HEARTBEAT": "0.3"}  # seconds
# Where the next thing to be done would be a write: to the disk, to Stash, or to our tables.
POINTS = [P.FILE_LINKED, f"{E.STEP_DECIDED}@stash_scan", P.SCAN_INTENDED, P.SCENE_TAGGED, P.TAGS_ADDED]
# After a write to Stash, as with TAGS_ADDED, it takes longer: that has a lease that outlives its whole time limit.
MORE = [P.SYNC_PAGE_SAVED, P.TARGET_SAVED, P.MARKER_INTENDED, P.GENERATE_INTENDED, f"{E.BEFORE_FINISH}@apply_plan"]


@pytest.mark.parametrize("point", matrix.selected(POINTS, MORE))
def test_a_worker_frozen_past_its_lease_writes_nothing_and_starts_nothing(
    services: Services, expected: Expected, tmp_path: Path, point: str
) -> None:
    wanted = expected("link")
    with prepared(services, tmp_path, "link", **SHORT) as case:
        case.arm(point, "frozen")
        case.start_worker()
        run = case.run()
        assert run.status == Status.COMPLETED, run.result
        frozen = case.wait_until_reached()
        before = traces(case)
        os.kill(frozen, signal.SIGCONT)
        until(lambda: "Lost the claim" in case.log.read_text(), "the worker to notice", 10)
        assert traces(case) == before
        case.nothing_is_left_half_done()
        different = differences(wanted, case.final_state())
    assert not different, "\n".join(different)


def test_a_worker_continued_in_the_middle_of_its_successors_copy_leaves_it_alone(
    services: Services, expected: Expected, tmp_path: Path
) -> None:
    wanted = expected("copy")
    lease = {"STASHHOG_LEASE": "4", "STASHHOG_HEARTBEAT": "0.3"}
    with prepared(services, tmp_path, "copy", **lease) as case:
        case.arm(P.COPY_BEGUN, "frozen", once=False)
        case.start_worker()
        run = case.begin()
        (first,) = until(lambda: stopped(case), "a worker in the copy", 30)
        until(lambda: len(stopped(case)) == 2, "its successor in the same copy", 30)
        assert PlacedFile.objects.filter(placed_at=None).exclude(target="").count() == 1, "not at the same file"
        os.kill(first, signal.SIGCONT)
        until(lambda: "Lost the claim" in case.log.read_text(), "the first to notice", 10)
        case.meanwhile = partial(go_on, case)
        assert case.end(run).status == Status.COMPLETED, run.result
        case.nothing_is_left_half_done()
        different = differences(wanted, case.final_state())
    assert not different, "\n".join(different)


def traces(case: Case) -> list[Any]:
    """Whatever a worker may leave: rows, the log of events, writes to Stash, files."""
    events = list(Event.objects.order_by("id").values_list("job", "kind", "message"))
    return [
        final_rows.tables(),
        events,
        case.services.writes(),
        final_services.stash(case.services),
        case.services.stash_jobs(),
    ]
