"""A process that dies at a crash point, as far as a test inside one process can have that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scenes.crash_points import CrashPoint

PLACES = (
    "scenes.stash.stash_jobs.monitoring.crash_point",
    "scenes.stash.stash_jobs.stopping.crash_point",
    "scenes.stash.scanning.crash_point",
    "scenes.stash.generation.groups.crash_point",
    "scenes.stash.stash_tasks.attempt.crash_point",
    "scenes.stash.stash_tasks.results.crash_point",
)


class Died(BaseException):
    """Nothing of the process's own goes on after it."""


@contextmanager
def dying_at(point: CrashPoint) -> Iterator[None]:
    """What is called inside of this dies there; the test goes on after the block. Fails if it is never reached."""

    def reached(met: CrashPoint, place: str = "") -> None:
        if met == point:
            raise Died

    with pytest.MonkeyPatch.context() as patched, pytest.raises(Died):
        for place in PLACES:
            patched.setattr(place, reached)
        yield
