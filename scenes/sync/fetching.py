"""Asking ahead: the next answers are on their way while earlier ones are dealt with."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 2  # large answers: one is given while another is decoded


@contextmanager
def ahead(calls: Iterable[Callable[[], T]], at_once: int = AT_ONCE) -> Iterator[Iterator[T]]:
    """What ``calls`` return, in order; threads make the next ones meanwhile, ``at_once`` at a time, the first at once.

    The threads are gone at its end: requests through a job are abandoned as soon as that is cancelled.
    """
    threads = ThreadPoolExecutor(at_once, thread_name_prefix="fetch")
    begun = map(threads.submit, calls)
    waiting = deque(islice(begun, at_once))
    try:
        yield _in_order(waiting, begun, at_once)
    finally:
        threads.shutdown(cancel_futures=True)


def _in_order(waiting: deque[Future[T]], begun: Iterator[Future[T]], at_once: int) -> Iterator[T]:
    for answer in begun:
        waiting.append(answer)
        if len(waiting) > at_once:  # no more, or a slow disk would fill the memory
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
