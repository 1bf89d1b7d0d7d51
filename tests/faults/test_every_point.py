"""Whoever dies wherever: the run ends by itself, as if nothing had happened."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.crashpoints import CrashPoint
from tests.faults import matrix
from tests.faults.case import Case
from tests.faults.conftest import Expected, Note
from tests.faults.matrix import Fault
from tests.faults.picture import differences
from tests.faults.plays import PLAYS, staged
from tests.faults.postgres_server import kill_and_restart
from tests.faults.theatre import Theatre

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.acceptance]


@dataclass
class Killer:
    """Kills another process while the one that reached the point stands still, which goes on then."""

    case: Case
    kill: Callable[[], object]
    done: bool = False

    def __call__(self) -> None:
        reached = self.case.reached()
        if reached and not self.done:
            self.done = True
            self.kill()
            os.kill(reached[1], signal.SIGCONT)


def ready(case: Case, fault: Fault) -> None:
    """A worker at work that will meet the point, and whoever is to die there."""
    others = {"web": case.kill_web, "postgres": kill_and_restart}
    if fault.victim == "web":
        case.start_web()
    if fault.victim in others:
        case.meanwhile = Killer(case, others[fault.victim])
    case.arm(fault.armed, "frozen" if fault.victim in others else fault.victim)
    case.start_worker()


@pytest.mark.parametrize("fault", list(matrix.cases()), ids=str)
def test_the_run_ends_as_if_nothing_had_happened(
    services: Theatre, expected: Expected, note: Note, tmp_path: Path, fault: Fault
) -> None:
    wanted = expected(fault.play)
    with staged(services, tmp_path, fault.play) as case:
        ready(case, fault)
        run = PLAYS[fault.play].perform(case)
        assert case.reached(), f"{fault.armed} was never reached"
        note(fault, case.seconds_to_resume())
        assert run.status == PLAYS[fault.play].ends, run.result
        case.nothing_is_left_half_done()
        PLAYS[fault.play].check()
        different = differences(wanted, case.picture())
    assert not different, "\n".join(different)


def test_every_point_is_tried() -> None:
    assert set(matrix.PLACES) == set(CrashPoint)
