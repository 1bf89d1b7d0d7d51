"""Write fairness on SQLite, where one connection writes at a time and the longest waiting one polls least often.

So the workers, who write most, yield to others: web requests, heartbeats, the supervisor. Those announce their wait
by a shared lock on a file beside the database. It blocks nobody: the workers only check it, and not for long, since
the one that waits may be frozen. (A queue of blocking locks would be fairer, but one frozen process would stop it.)
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from jobs.waiting import Waiter

WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE")
LONGEST_YIELD = 0.3  # seconds that a worker's write is delayed at most
POLL_INTERVAL = 0.01  # seconds
SUFFIX = "-waiting"  # of the file, after the database's name

_thread = threading.local()


def yield_to_others() -> None:
    """From now on this thread lets others write first."""
    _thread.yields = True


def install(connection: Any, **kwargs: Any) -> None:
    """For a new connection (Django's signal `connection_created`)."""
    on_disk = connection.vendor == "sqlite" and not connection.is_in_memory_db()
    if on_disk and _execute_fairly not in connection.execute_wrappers:
        connection.execute_wrappers.append(_execute_fairly)


def _execute_fairly(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    connection = context["connection"]
    if connection.in_atomic_block or not sql.startswith(WRITES):
        return execute(sql, params, many, context)
    with announced(Path(f"{connection.settings_dict['NAME']}{SUFFIX}")):
        return execute(sql, params, many, context)


@contextmanager
def announced(path: Path) -> Iterator[None]:
    """Announce the wait for the database by a lock on the file ``path``, for the duration of the block."""
    try:
        file = path.open("ab")
    except OSError:  # a full disk, say: SQLite reports it better
        yield
        return
    with file:  # its lock ends with it
        if getattr(_thread, "yields", False):
            waiter, until = Waiter(), time.monotonic() + LONGEST_YIELD
            while is_awaited(file) and time.monotonic() < until:
                waiter.pause(POLL_INTERVAL)
        else:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield


def is_awaited(file: BinaryIO) -> bool:
    """Whether somebody has announced a wait on this file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False
