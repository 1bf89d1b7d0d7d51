"""Asking ahead: the next answers are on their way while earlier ones are dealt with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 2  # large answers: one is given while another is decoded


def ahead(calls: Iterable[Callable[[], T]], at_once: int = AT_ONCE) -> Generator[T, None, None]:
    """What ``calls`` return, in order; threads make the next ones meanwhile, ``at_once`` at a time.

    Close the iterator (`contextlib.closing`) when leaving early. The threads are gone at its end: requests
    through a job are abandoned as soon as that is cancelled.
    """
    waiting: deque[Future[T]] = deque()
    threads = ThreadPoolExecutor(at_once, thread_name_prefix="fetch")
    try:
        for call in calls:
            waiting.append(threads.submit(call))
            if len(waiting) > at_once:  # no more, or a slow disk would fill the memory
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        threads.shutdown(cancel_futures=True)
