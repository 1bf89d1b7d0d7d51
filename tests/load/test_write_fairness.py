"""Who writes first where one writes at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from jobs.models import Maintenance
from jobs.worker import write_fairness


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    return tmp_path / "database-waiting"


def in_a_worker(act: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        write_fairness.yield_to_others()
        act()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_worker_writes_after_those_who_wait(flag: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_fairness, "LONGEST_YIELD", 60.0)
    wrote: list[str] = []
    looked = threading.Event()
    somebody_waits = write_fairness.is_awaited

    def look(file: object) -> bool:
        answer = somebody_waits(file)  # type: ignore[arg-type]
        looked.set()
        return answer

    monkeypatch.setattr(write_fairness, "is_awaited", look)

    def write() -> None:
        with write_fairness.announced(flag):
            wrote.append("worker")

    with write_fairness.announced(flag):
        worker = in_a_worker(write)
        assert looked.wait(30)
        wrote.append("web request")
    worker.join(30)
    assert wrote == ["web request", "worker"]


def test_a_worker_does_not_wait_for_ever_for_somebody_who_is_frozen(flag: Path) -> None:
    wrote = threading.Event()

    def write() -> None:
        with write_fairness.announced(flag):
            wrote.set()

    with write_fairness.announced(flag):
        begin = time.monotonic()
        in_a_worker(write)
        assert wrote.wait(30)
        assert time.monotonic() - begin >= write_fairness.LONGEST_YIELD


def test_those_who_wait_do_not_bar_each_other(flag: Path) -> None:
    with write_fairness.announced(flag), write_fairness.announced(flag):
        pass


def test_where_the_flag_can_not_be_shown_the_write_goes_on(tmp_path: Path) -> None:
    with write_fairness.announced(tmp_path / "no such folder" / "flag"):
        pass


@pytest.mark.django_db(transaction=True)
def test_writes_to_sqlite_yield_to_others_and_reads_do_not() -> None:
    connection.ensure_connection()
    flag = Path(f"{connection.settings_dict['NAME']}{write_fairness.SUFFIX}")
    flag.unlink(missing_ok=True)
    list(Maintenance.objects.all())
    assert not flag.exists()
    Maintenance.objects.create(name="write")
    assert flag.exists() == (connection.vendor == "sqlite")
