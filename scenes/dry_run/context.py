"""The job of a dry run, as the code of a real one gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction

from jobs.context import JobContext
from jobs.models import Event
from scenes.dry_run.database import Scratch

T = TypeVar("T")


class WouldWrite(AssertionError):
    """A dry run was about to write to a service."""


class DryRunContext(JobContext):
    """Interrupts, waiting, progress and log are those of the ``real`` job. What is written goes to the copies."""

    def __init__(self, real: JobContext, scratch: Scratch):
        super().__init__(real.job)
        self.real, self.scratch, self.wake = real, scratch, real.wake

    def checkpoint(self) -> None:
        self.real.checkpoint()

    def pause(self, seconds: float) -> None:
        self.real.pause(seconds)

    def read(self, call: Callable[[], T], seconds: float) -> T:
        return self.real.read(call, seconds)

    def write(self, call: Callable[[], T], seconds: float) -> T:
        """Every client makes its writing requests through this."""
        raise WouldWrite("A dry run writes to no service.")

    @contextmanager
    def transaction(self, *, recording: bool = False) -> Iterator[None]:
        """Of the copies: nobody else sees them, so no claim has to be looked at."""
        with transaction.atomic():
            yield

    def progress(
        self, done: int, total: int | None = None, message: str | Callable[[], str] = "", *, part: float = 0
    ) -> None:
        with self.scratch.left():
            self.real.progress(done, total, message, part=part)

    def log(self, message: str, level: str = Event.Level.INFO, **data: Any) -> None:
        with self.scratch.left():
            self.real.log(message, level, **data)

    def changed(self) -> None:
        """What failed did so in the copies, which no card shows."""
