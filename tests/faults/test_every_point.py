"""Whoever dies wherever: the run ends by itself, as if nothing had happened."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.crash_points import EngineCrashPoint
from scenes.crash_points import CrashPoint
from tests.faults import final_services, matrix, postgres_server
from tests.faults.case import LONGEST, Case
from tests.faults.conftest import Expected, Note
from tests.faults.final_rows import differences
from tests.faults.matrix import Fault
from tests.faults.scenarios import SCENARIOS, prepared
from tests.faults.services import Services
from tests.processes import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


# Seconds until the work goes on. Far more than the 2 s that a dead worker is noticed in (the table tells how many it
# were), but far less than the lease that they have here: the supervisor noticed.
GOES_ON = {"worker": LONGEST, "cluster": LONGEST}
LONG_LEASE = {"STASHHOG_LEASE": f"{10 * LONGEST:g}"}
AWAY = 3.0  # seconds that workers go on without a database


@dataclass
class Killer:
    """Kills another process while the one that reached the point stands still, which goes on then.

    ``fix`` is called before that, or ``away`` seconds later: the worker meets what is missing.
    """

    case: Case
    kill: Callable[[], object]
    fix: Callable[[], object] = lambda: None
    away: float = 0.0
    done: bool = False

    def __call__(self) -> None:
        reached = self.case.reached()
        if not reached or self.done:
            return
        self.done = True
        self.kill()
        if not self.away:
            self.fix()
        os.kill(reached[1], signal.SIGCONT)
        if self.away:
            until_over(self.away)
            self.fix()


def until_over(seconds: float) -> None:
    over = time.monotonic() + seconds
    until(lambda: time.monotonic() > over, f"{seconds:g} s to be over")


def killer(case: Case, victim: str) -> Killer | None:
    """Who dies beside the worker that reached the point; None: that worker."""
    if victim == "web":
        return Killer(case, case.kill_web)
    if victim == "postgres":
        return Killer(case, postgres_server.kill, postgres_server.restart)
    if victim == "postgres-away":
        return Killer(case, postgres_server.kill, postgres_server.restart, AWAY)
    return None


def ready(case: Case, victim: str, faults: Sequence[Fault]) -> None:
    """A worker at work that will meet the points, and whoever is to die there."""
    if victim == "web":
        case.start_web()
    if victim in GOES_ON:
        case.settings |= LONG_LEASE
    other = killer(case, victim)
    if other is not None:
        case.meanwhile = other
    case.arm(",".join(fault.armed for fault in faults), "frozen" if other else victim)
    case.start_worker()


@pytest.mark.parametrize("faults", matrix.runs(), ids=lambda faults: "+".join(map(str, faults)))
def test_the_run_ends_as_if_nothing_had_happened(
    services: Services, expected: Expected, note: Note, tmp_path: Path, faults: list[Fault]
) -> None:
    victim, scenario = faults[0].victim, faults[0].scenario
    wanted = expected(scenario)
    with prepared(services, tmp_path, scenario) as case:
        ready(case, victim, faults)
        run = SCENARIOS[scenario].perform(case)
        for fault in faults:
            seconds = case.seconds_to_resume(fault.armed)
            note(fault, seconds)
            assert seconds < GOES_ON.get(victim, LONGEST)
        assert run.status == SCENARIOS[scenario].ends, run.result
        case.nothing_is_left_half_done()
        SCENARIOS[scenario].check()
        if all(fault.tagged_again is not None for fault in faults):
            assert any(final_services.tagged_again(services) in (fault.tagged_again or ()) for fault in faults)
        different = differences(wanted, case.final_state(), {fault.once_more for fault in faults})
        assert not different, "\n".join(different)


def test_every_point_is_tried() -> None:
    assert set(matrix.PLACES) == {*EngineCrashPoint, *CrashPoint}
