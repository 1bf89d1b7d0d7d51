"""Figures that threads gather while everything runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TypeVar

from django.db import connection
from django.utils import timezone

from jobs.models import Job

T = TypeVar("T")


@dataclass
class Waits:
    """Seconds that each call took."""

    seconds: list[float] = field(default_factory=list)

    def take(self, call: Callable[[], T]) -> T:
        begin = time.perf_counter()
        try:
            return call()
        finally:
            self.seconds.append(time.perf_counter() - begin)

    def __str__(self) -> str:
        most = quantiles(self.seconds, n=20)[-1]
        return (
            f"{len(self.seconds)}, median {median(self.seconds) * 1000:.0f} ms, 95 % below {most * 1000:.0f} ms,"
            f" worst {max(self.seconds) * 1000:.0f} ms"
        )


class Repeated(threading.Thread):
    """Calls ``act`` again and again until it is left; what it raises is raised there."""

    def __init__(self, act: Callable[[], object], every: float):
        super().__init__(daemon=True)
        self.act, self.every = act, every
        self.over = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while not self.over.wait(self.every):
                self.act()
        except Exception as error:  # noqa: BLE001 - raised again in the test's thread
            self.error = error
        finally:
            connection.close()

    def __enter__(self) -> Repeated:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.join()
        if self.error is not None and error[0] is None:
            raise self.error


@dataclass
class SignsOfLife:
    """How old the oldest sign of life of any claim got, in seconds, by the rows."""

    lease: float
    oldest: float = 0.0
    looks: int = 0

    def look(self) -> None:
        leases = Job.objects.claimed().values_list("lease_until", flat=True)
        now = timezone.now()
        ages = [self.lease - (until - now).total_seconds() for until in leases if until]
        self.oldest = max([self.oldest, *ages])
        self.looks += 1
