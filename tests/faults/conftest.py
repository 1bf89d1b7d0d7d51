"""The services, made once; and what a run without a crash leaves, made once for each play."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from tests.faults.matrix import Fault
from tests.faults.plays import PLAYS, staged
from tests.faults.theatre import Theatre, theatre

Expected = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("theatre")) as made:
        yield made


@pytest.fixture(scope="session")
def _pictures() -> dict[str, dict[str, Any]]:
    return {}


@pytest.fixture
def expected(
    services: Theatre, tmp_path: Path, transactional_db: None, _pictures: dict[str, dict[str, Any]]
) -> Expected:
    """`expected(play)`: the picture of that play without any crash."""

    def look(play: str) -> dict[str, Any]:
        if play not in _pictures:
            with staged(services, tmp_path / "undisturbed", play) as case:
                case.start_worker()
                run = PLAYS[play].perform(case)
                assert run.status == PLAYS[play].ends, run.result
                case.nothing_is_left_half_done()
                PLAYS[play].check()
                _pictures[play] = case.picture()
            call_command("flush", interactive=False, verbosity=0)
        return _pictures[play]

    return look


# The table


@dataclass
class Row:
    """``seconds``: from the death until the work went on."""

    fault: Fault
    seconds: float
    passed: bool = False


ROWS: dict[str, Row] = {}
Note = Callable[[Fault, float], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """`note(fault, seconds)`: a line for the table; whether the test passed is added to it."""

    def take(fault: Fault, seconds: float) -> None:
        ROWS[request.node.nodeid] = Row(fault, seconds)

    return take


CANCELS: dict[str, float] = {}


@pytest.fixture
def note_cancel() -> Callable[[str, float], None]:
    """`note_cancel(where, seconds)`: until all jobs of the run read cancelled."""
    return CANCELS.__setitem__


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.nodeid in ROWS:
        ROWS[report.nodeid].passed = report.passed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for where, seconds in CANCELS.items():
        terminalreporter.write_line(f"cancelled in {where}: {seconds * 1000:.0f} ms")
    if not ROWS:
        return
    terminalreporter.section(f"crash points on {connection.vendor}: seconds from the death until the work went on")
    victims = list(dict.fromkeys(row.fault.victim for row in ROWS.values()))
    table: dict[str, dict[str, str]] = {}
    for row in ROWS.values():
        cell = f"{row.seconds:.1f} s" if row.passed else "FAILED"
        table.setdefault(f"{row.fault.armed} ({row.fault.play})", {})[row.fault.victim] = cell
    terminalreporter.write_line(f"{'':46}" + "".join(f"{victim:>18}" for victim in victims))
    for name, cells in table.items():
        terminalreporter.write_line(f"{name:46}" + "".join(f"{cells.get(victim, '-'):>18}" for victim in victims))
