"""Asking services, disks and folders how they are: in the background, side by side, and nothing twice at once.

Whoever looks waits as long as he likes, and no question is in the way of another: one that hangs is not asked again
until it has ended, however many look.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from jobs.waiting import begun

MOST_KEPT = 500  # questions


@dataclass
class PendingAnswer:
    """``about``: what it was asked with, such as the configuration."""

    about: Any
    answer: Future[Any]
    begun: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        """Seconds since it was asked."""
        return time.monotonic() - self.begun


class SharedQuestions:
    """The newest question of each name, and the one before it while that is under way; shared by all who look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[str, PendingAnswer] = {}
        self._before: dict[str, PendingAnswer] = {}

    def ask(self, name: str, about: Any, call: Callable[[], Any], *, fresh: float = 0.0) -> Future[Any]:
        """What comes of ``call()``: of one that is under way, or at most ``fresh`` seconds old, or a new one.

        ``call`` uses no database, since it happens in a thread.
        """
        with self._lock:
            known = self._newest.get(name)
            if known and known.about == about and (not known.answer.done() or known.age < fresh):
                return known.answer
            if known and known.answer.done():
                self._before[name] = known
            if len(self._newest) > MOST_KEPT:  # names may be of folders, which come and go
                self._newest = {name: question for name, question in self._newest.items() if not question.answer.done()}
                self._before.clear()
            asked = self._newest[name] = PendingAnswer(about, begun(call, f"asking {name}"))
            return asked.answer

    def hangs(self, name: str, about: Any, longest: float) -> bool:
        """Whether what is asked about now is without an answer for longer than so many seconds."""
        with self._lock:
            known = self._newest.get(name)
        return bool(known and known.about == about and not known.answer.done() and known.age > longest)

    def age(self, name: str) -> float:
        """Seconds since it was asked last; 0 if it never was."""
        with self._lock:
            known = self._newest.get(name)
        return known.age if known else 0.0

    def last_answer(self, name: str, about: Any, known: float) -> PendingAnswer | None:
        """The newest that has been answered, at most ``known`` seconds old, of what is asked about now."""
        with self._lock:
            both = [question for question in (self._newest.get(name), self._before.get(name)) if question]
        answered = (
            question for question in both if question.about == about and question.age < known and question.answer.done()
        )
        return next(answered, None)
