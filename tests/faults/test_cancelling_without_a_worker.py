"""Cancel while the worker is frozen or dead: shown at once, and ended by whoever finds it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.crash_points import EngineCrashPoint
from jobs.models import Event, Status
from scenes.crash_points import CrashPoint
from tests.faults import matrix
from tests.faults.cancelling import (
    AFTERWARDS,
    AT_ONCE,
    CLEANS_UP,
    cancel_at_once,
    generate_is_stopped,
    locks_are_free,
    traffic,
)
from tests.faults.case import Case
from tests.faults.conftest import Note
from tests.faults.holding import GENERATE, SCAN, Held, begin_and_hold, begin_held
from tests.faults.matrix import Fault
from tests.faults.scenarios import everything_is_done, prepared
from tests.faults.services import Services
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]
P = matrix.P


FILE = Held("process_downloads", "process_downloads", lambda services: None, lambda services: True)
HELD = {P.FILE_LINKED: FILE, P.SCAN_ASKED: SCAN, P.GENERATE_ASKED: GENERATE, P.GENERATE_SEEN: GENERATE}


# Seconds for each item, so that Stash is still at it after the lease of a write.
FOR_LONG = {"stash_scan": 8.0, "stash_generate": 1.5}
# After a write to Stash a frozen worker is waited for as long as the write may take.
CASES = matrix.selected(
    [("worker", P.FILE_LINKED), ("worker", P.SCAN_ASKED), ("worker", P.GENERATE_ASKED), ("frozen", P.FILE_LINKED)],
    [("worker", P.GENERATE_SEEN), *(("frozen", point) for point in HELD if point != P.FILE_LINKED)],
)


@pytest.mark.parametrize(("victim", "point"), CASES)
def test_a_run_whose_worker_is_frozen_or_dead_is_cancelled_at_once_too(
    services: Services, tmp_path: Path, victim: str, point: CrashPoint
) -> None:
    lease = {"STASHHOG_LEASE": "2", "STASHHOG_HEARTBEAT": "0.3"}
    with prepared(services, tmp_path, "link", **lease) as case:
        case.arm(point, "frozen")
        case.start_worker()
        run = begin_held(case, held(point, victim))
        frozen = case.wait_until_reached()
        if victim == "worker":  # and all others with it: nobody is there when the cancel comes
            case.stop_all()
        assert cancel_at_once(run) < AT_ONCE
        if victim == "worker":
            assert not locks_are_free()
            case.start_worker()
        until(locks_are_free, "the locks to be free", CLEANS_UP)
        if victim == "frozen":
            continued_it_does_nothing(case, frozen)
        AFTERWARDS.get(HELD[point].type, lambda case, run: None)(case, run)
        services.all_well()
        again = case.run()
        assert again.status == Status.COMPLETED, again.result
        case.nothing_is_left_half_done()
        everything_is_done()


def held(point: CrashPoint, victim: str) -> Held:
    """What is under way at the point; with a frozen worker for as long as it takes until that is noticed."""
    usual = HELD[point]
    if victim != "frozen" or usual is FILE:
        return usual
    return replace(usual, hold=lambda services: services.slow(stash=FOR_LONG[usual.type]))


def continued_it_does_nothing(case: Case, frozen: int) -> None:
    before = traffic(case)
    os.kill(frozen, signal.SIGCONT)
    until(lambda: "Lost the claim" in case.log.read_text(), "the worker to notice", 10)
    assert traffic(case) == before
    assert case.workers[0].poll() is None


def test_a_worker_that_dies_while_it_ends_what_was_cancelled_is_followed_by_another(
    services: Services, note: Note, tmp_path: Path
) -> None:
    with prepared(services, tmp_path, "link") as case:
        case.arm(EngineCrashPoint.CLEANED_UP)
        case.start_worker()
        run = begin_and_hold(case, GENERATE)
        assert cancel_at_once(run) < AT_ONCE
        until(locks_are_free, "the lock to be free", CLEANS_UP)
        reached = case.reached()
        assert reached, "nobody died"
        note(Fault(EngineCrashPoint.CLEANED_UP, "", "cancel", "worker"), time.time() - reached[0])
        generate_is_stopped(case, run)
        assert Event.objects.filter(kind="cleaned_up", job__type="stash_generate").count() == 1
        services.all_well()
        assert case.run().status == Status.COMPLETED
        everything_is_done()
