"""Fetching ahead: the next answers are on their way while earlier ones are saved."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

AHEAD = 3  # answers waiting at most, so that a slow disk doesn't fill the memory


def ahead(calls: Iterable[Callable[[], T]]) -> Generator[T, None, None]:
    """What ``calls`` return, in order; a thread makes the next ones meanwhile, one at a time.

    Close the iterator (`contextlib.closing`) when leaving early. The thread is gone at its end: requests
    through a job are abandoned as soon as that is cancelled.
    """
    waiting: deque[Future[T]] = deque()
    thread = ThreadPoolExecutor(1, thread_name_prefix="fetch")
    try:
        for call in calls:
            waiting.append(thread.submit(call))
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        thread.shutdown(cancel_futures=True)
