"""Exit when the process that started this one is gone: else it would go on, unnoticed, beside its successor."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

from jobs.waiting import Waiter

POLL_INTERVAL = 0.5  # seconds
# honcho sets it. Without it the parent does not matter: a shell may end while `manage.py worker &` goes on.
STARTED_BY_HONCHO = "HONCHO_PROCESS_NAME"


def exit_with_parent() -> None:
    """Shut down cleanly, as by SIGTERM, when the terminal is closed, or honcho or its helper process is gone.

    It polls the parents, since the kernel's signal for a parent's death is specific to Linux and ignores the
    grandparent: honcho has a process between itself and each of ours, which outlives it.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # `nohup` has it ignored
        signal.signal(signal.SIGHUP, lambda *_: _terminate())
    if STARTED_BY_HONCHO in os.environ:
        parent = os.getppid()
        ancestors = parent, parent_of(parent)
        threading.Thread(target=exit_without, args=ancestors, daemon=True, name="parent-watchdog").start()


def exit_without(parent: int, grandparent: int | None) -> None:
    """Exit as soon as one of the two is gone, as they may have been before they were looked at."""
    waiter = Waiter()
    gone_before = parent == 1 or (grandparent is not None and not in_one_session(parent, grandparent))
    while not gone_before and os.getppid() == parent and parent_of(parent) == grandparent:
        waiter.pause(POLL_INTERVAL)
    _terminate()


def in_one_session(parent: int, grandparent: int) -> bool:
    """As honcho and its helper are; the process that adopts orphans is not."""
    with suppress(ProcessLookupError):
        return os.getsid(parent) == os.getsid(grandparent)
    return False


def parent_of(pid: int) -> int | None:
    """None when it is not known: without /proc only the parent is watched."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
