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


class Answers(Iterator[T]):
    """What calls return, in order; threads make the next ones meanwhile, ``at_once`` at a time.

    Python runs one thread at a time, and decoding does not give way. So the next call begins when whoever deals with
    an answer says that others have more to do than Python (`go_on`), or asks for another one.
    """

    def __init__(self, begun: Iterator[Future[T]], at_once: int):
        self._begun, self._is_one_due = begun, False
        self._waiting = deque(islice(begun, at_once))  # no more, or a slow disk would fill the memory

    def __next__(self) -> T:
        self.go_on()
        if not self._waiting:
            raise StopIteration
        self._is_one_due = True
        return self._waiting.popleft().result()

    def go_on(self) -> None:
        """Have another call begin in place of the one whose answer was given last."""
        if self._is_one_due:
            self._is_one_due = False
            self._waiting.extend(islice(self._begun, 1))


@contextmanager
def ahead(calls: Iterable[Callable[[], T]], at_once: int = AT_ONCE) -> Iterator[Answers[T]]:
    """The answers of ``calls``, of which the first ones are made at once.

    The threads are gone at its end: requests through a job are abandoned as soon as that is cancelled.
    """
    threads = ThreadPoolExecutor(at_once, thread_name_prefix="fetch")
    try:
        yield Answers(map(threads.submit, calls), at_once)
    finally:
        threads.shutdown(cancel_futures=True)
