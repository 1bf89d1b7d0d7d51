"""Named places where a test kills the process, as a power cut would. An unarmed one costs the check of a constant.

JOBS_CRASH_AT      a point, or `point@place` for a point that is reached in several places: a step's key, a job's type;
                     or several of them, separated by commas
JOBS_CRASH_ONCE    the beginning of the names of files, PREFIX.POINT: the first process that reaches the point makes
                     its file, so that only that one dies there; without it, every time
JOBS_CRASH_VICTIM  `worker` (the default): the process itself; `cluster`: its supervisor and all processes
                     of it; `frozen`: the process is stopped (SIGSTOP) until somebody continues it (SIGCONT)
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from enum import StrEnum


class EngineCrashPoint(StrEnum):
    """The engine's; the place is a job's type, or a step's key. Apps add one for each of their side effects."""

    STARTED = "started"
    WAKEUP_SENT = "wakeup-sent"
    CLAIMED = "claimed"
    STEP_DECIDED = "step-decided"
    STEP_STARTED = "step-started"
    BEFORE_FINISH = "before-finish"
    AFTER_FINISH = "after-finish"
    RESCUED = "rescued"
    CLEANED_UP = "cleaned-up"


ARMED = os.environ.get("JOBS_CRASH_AT", "")


def crash_point(point: StrEnum, place: str = "") -> None:
    """Kill the process here when this point is armed, for all places or for this one."""
    if ARMED:
        for armed in {str(point), f"{point}@{place}"}.intersection(ARMED.split(",")):
            if is_first_time(armed):
                end_process()


def is_first_time(armed: str) -> bool:
    """True once among all processes if JOBS_CRASH_ONCE names files, else always. The file gets time and pid."""
    prefix = os.environ.get("JOBS_CRASH_ONCE")
    if not prefix:
        return True
    try:
        descriptor = os.open(f"{prefix}.{armed}", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    os.write(descriptor, f"{time.time()} {os.getpid()}\n".encode())
    os.close(descriptor)
    return True


def end_process() -> None:
    """End as JOBS_CRASH_VICTIM says."""
    victim = os.environ.get("JOBS_CRASH_VICTIM", "worker")
    if victim == "frozen":
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    if victim == "cluster":
        with suppress(ProcessLookupError):
            os.kill(int(os.environ["JOBS_SUPERVISED"]), signal.SIGKILL)
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
