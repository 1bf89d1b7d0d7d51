"""What django-q2's processes share, so that one that is killed at any moment keeps none of the others waiting."""

from __future__ import annotations

import fcntl
import multiprocessing
import multiprocessing.synchronize
import os
import tempfile
import weakref
from typing import Any

import django_q.queues


class Lock:
    """Between forked processes; the kernel frees it when its holder dies (a POSIX record lock).

    A process may acquire it again while it has it, in one thread.
    """

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the lock is there
        weakref.finalize(self, self.file.close)
        self.process = self.depth = 0

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        if self.process != os.getpid():  # a child has none of its parent's locks
            self.process, self.depth = os.getpid(), 0
        if not self.depth:
            fcntl.lockf(self.file, fcntl.LOCK_EX)
        self.depth += 1
        return True

    def release(self) -> None:
        self.depth -= 1
        if not self.depth:
            fcntl.lockf(self.file, fcntl.LOCK_UN)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *error: Any) -> None:
        self.release()


def value(typecode: str, *initial: Any) -> Any:
    """As `multiprocessing.Value`: the timer by which the sentinel knows what a worker does."""
    return multiprocessing.Value(typecode, *initial, lock=Lock())  # type: ignore[call-overload]


class DeathProofQueue(django_q.queues.Queue):
    """As django-q2's, which also counts what is in it."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._rlock, self._wlock = Lock(), Lock()
        self.size.count = value("i", 0)


class DeathProofEvent(multiprocessing.synchronize.Event):
    """Whether it is set is seen without its lock: the processes that only look at it may be killed."""

    def is_set(self) -> bool:
        return bool(self._flag.get_value())  # type: ignore[attr-defined]


def event() -> DeathProofEvent:
    """As `multiprocessing.Event`."""
    return DeathProofEvent(ctx=multiprocessing.get_context())
