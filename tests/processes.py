"""Real processes of the project for tests, and waiting for what they do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent


def environment(**extra: str) -> dict[str, str]:
    """This process's environment, pointed at the test's database, with the secret key that PostgreSQL requires."""
    config = connection.settings_dict
    values = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "STASHHOG_SECRET_KEY": settings.SECRET_KEY,
    }
    if connection.vendor == "sqlite":
        values["DATABASE_URL"] = f"sqlite:///{config['NAME']}"
    else:
        values["DATABASE_URL"] = (
            f"postgres://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"
        )
    return values | extra


@contextlib.contextmanager
def started(*command: str, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python COMMAND…` in a session of its own; the whole group is dead afterwards.

    What it says is appended to the file STASHHOG_TEST_LOG, by default to the test's own output.
    """
    with contextlib.ExitStack() as stack:
        log = extra.get("STASHHOG_TEST_LOG")
        output = stack.enter_context(Path(log).open("ab")) if log else None
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(**extra),
            start_new_session=True,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(look: Callable[[], T | None], what: str, seconds: float = 120) -> T:
    """The first true answer of ``look``. Fails with ``what`` was waited for after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := look():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"Waited {seconds:g} s in vain for: {what}")


def descendants(pid: int) -> list[int]:
    """The pids of all processes below ``pid``, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting: list[Any] = list(children.get(pid, []))
    while waiting:
        found.append(waiting[0])
        waiting += children.get(waiting.pop(0), [])
    return found


def alive(pids: list[int]) -> list[int]:
    """Those that still run; a zombie that nobody reaped yet does not."""
    states = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            states[pid] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return [pid for pid, state in states.items() if state not in "ZX"]
