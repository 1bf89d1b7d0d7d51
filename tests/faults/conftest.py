"""The services, made once; and what a run without a crash leaves, made once for each scenario."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from tests.faults.matrix import Fault
from tests.faults.scenarios import SCENARIOS, prepared
from tests.faults.services import Services, running_services

Expected = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Services]:
    with running_services(tmp_path_factory.mktemp("services")) as made:
        yield made


@pytest.fixture(scope="session")
def final_states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for them, which the processes of pytest-xdist share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "final-states"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def expected(services: Services, tmp_path: Path, transactional_db: None, final_states: Path) -> Expected:
    """`expected(scenario)`: the final state of that scenario without any crash; made once."""

    def look(scenario: str) -> dict[str, Any]:
        with (final_states / scenario).open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if content := file.read():
                return pickle.loads(content)
            state = undisturbed(services, tmp_path / "undisturbed", scenario)
            pickle.dump(state, file)
            return state

    return look


def undisturbed(services: Services, folder: Path, scenario: str) -> dict[str, Any]:
    """The final state of a run to which nothing happens."""
    with prepared(services, folder, scenario) as case:
        case.start_worker()
        run = SCENARIOS[scenario].perform(case)
        assert run.status == SCENARIOS[scenario].ends, run.result
        case.nothing_is_left_half_done()
        SCENARIOS[scenario].check()
        state = case.final_state()
    call_command("flush", interactive=False, verbosity=0)
    return state


# The table


@dataclass
class Row:
    """``seconds``: from the death until the work went on."""

    fault: Fault
    seconds: float
    passed: bool = False


ROWS: dict[str, list[Row]] = {}  # by test
Note = Callable[[Fault, float], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """`note(fault, seconds)`: a line for the table; whether the test passed is added to it."""

    def take(fault: Fault, seconds: float) -> None:
        ROWS.setdefault(request.node.nodeid, []).append(Row(fault, seconds))

    return take


CANCELS: dict[str, float] = {}


@pytest.fixture
def note_cancel() -> Callable[[str, float], None]:
    """`note_cancel(where, seconds)`: until all jobs of the run read cancelled."""
    return CANCELS.__setitem__


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.nodeid in ROWS:
        for row in ROWS[report.nodeid]:
            row.passed = report.passed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for where, seconds in CANCELS.items():
        terminalreporter.write_line(f"cancelled in {where}: {seconds * 1000:.0f} ms")
    if not ROWS:
        return
    terminalreporter.section(f"crash points on {connection.vendor}: seconds from the death until the work went on")
    rows = [row for rows in ROWS.values() for row in rows]
    victims = list(dict.fromkeys(row.fault.victim for row in rows))
    table: dict[str, dict[str, str]] = {}
    for row in rows:
        cell = f"{row.seconds:.1f} s" if row.passed else "FAILED"
        table.setdefault(f"{row.fault.armed} ({row.fault.scenario})", {})[row.fault.victim] = cell
    terminalreporter.write_line(f"{'':46}" + "".join(f"{victim:>18}" for victim in victims))
    for name, cells in table.items():
        terminalreporter.write_line(f"{name:46}" + "".join(f"{cells.get(victim, '-'):>18}" for victim in victims))
