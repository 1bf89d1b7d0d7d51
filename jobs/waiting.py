"""The one place that waits: for time to pass, and for a call that may hang.

Nothing else in the project sleeps, so whatever waits can be woken by a cancel or a stop.
"""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, ClassVar, TypeVar

from jobs.texts.translatable import Translatable as _

T = TypeVar("T")


class TimeLimitExceeded(Exception):
    """The call did not end within its total time limit."""


class Abandoned(Exception):
    """The caller was woken during the call; its answer will be dropped."""


class Waiter:
    """How long a caller is prepared to wait, and what wakes it earlier.

    ``wake`` is set when the work is no longer wanted. The bare class never wakes; a job's context
    (``jobs.context.JobContext``) is a waiter that a cancel, a stop or a lost claim wakes.
    """

    def __init__(self, wake: threading.Event | None = None):
        self.wake = wake or threading.Event()

    @property
    def timeout_factor(self) -> int:
        """Factor for the time that an answer may take: a service that did not answer in time may be slow."""
        return 1

    def pause(self, seconds: float) -> None:
        """Let ``seconds`` pass, or less when woken."""
        self.wake.wait(seconds)

    def read(self, call: Callable[[], T], seconds: float) -> T:
        """``call()``'s answer within ``seconds`` in all; given up at once when woken.

        Raises TimeLimitExceeded, Abandoned, or what the call raised.
        """
        return _bounded(call, seconds, self.wake)

    def write(self, call: Callable[[], T], seconds: float) -> T:
        """As ``read``, but never given up: what a write did has to be known."""
        return _bounded(call, seconds, None)


WAKE_CHECK = 0.1  # seconds between two checks of `wake` during a call
MOST_IDLE = 16  # threads that are kept for the next calls


def begun(call: Callable[[], T], name: str) -> Future[T]:
    """What comes of ``call()``, in a thread that keeps no process from ending: what hangs may do so for ever."""
    answer: Future[T] = Future()
    # With the caller's context: lines of the log say whose call it is.
    in_context = contextvars.copy_context().run
    threading.Thread(target=in_context, args=[_complete, answer, call], daemon=True, name=name).start()
    return answer


def _complete(answer: Future[T], call: Callable[[], T]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:  # noqa: BLE001 - handed to whoever looks at the answer, where it is raised
        answer.set_exception(error)


class _BoundedCalls(threading.Thread):
    """Makes calls one after the other, as `begun` does: to start a thread takes as long as half a small request."""

    idle: ClassVar[list[_BoundedCalls]] = []  # without those whose call hangs

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.calls: SimpleQueue[tuple[contextvars.Context, Future[Any], Callable[[], Any]]] = SimpleQueue()
        self.start()

    @classmethod
    def begun(cls, call: Callable[[], T]) -> Future[T]:
        answer: Future[T] = Future()
        try:
            thread = cls.idle.pop()
        except IndexError:
            thread = cls()
        thread.name = "bounded-call"
        thread.calls.put((contextvars.copy_context(), answer, call))
        return answer

    def run(self) -> None:
        while True:
            context, answer, call = self.calls.get()
            context.run(_complete, answer, call)
            del context, answer, call  # which may be large
            self.name = "no-call"
            if len(self.idle) >= MOST_IDLE:
                return
            self.idle.append(self)


os.register_at_fork(after_in_child=_BoundedCalls.idle.clear)  # no child has its parent's threads


def _bounded(call: Callable[[], T], seconds: float, wake: threading.Event | None) -> T:
    # A thread, since a blocked socket read can't be interrupted from outside and `requests` knows
    # time limits per received chunk only.
    answer = _BoundedCalls.begun(call)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        with suppress(TimeoutError):
            answer.exception(min(left, WAKE_CHECK))
        if answer.done():
            return answer.result()
        if wake is not None and wake.is_set():
            raise Abandoned
    raise TimeLimitExceeded(_("no answer within {seconds:g} s", seconds=seconds))
