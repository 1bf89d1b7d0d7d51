"""What each supervisor does to start jobs by themselves; what several of them do at once happens once."""

from __future__ import annotations

import time

from jobs.declare.registry import Periodic, periodic_functions
from jobs.engine.error_boundary import catch_errors_of
from jobs.scheduling import requests, schedules

OURS = (
    Periodic("schedules", 1.0, schedules.start_due),
    Periodic("requests", 1.0, requests.start_requested),
    Periodic("corrections", 60.0, schedules.correct),
)


class Scheduler:
    """Of one supervisor."""

    def __init__(self) -> None:
        self.done: dict[str, float] = {}  # time.monotonic() by name

    def poll(self) -> None:
        """Do what has its turn. An error in one keeps none of the others; one of the database is raised."""
        for one in (*OURS, *periodic_functions()):
            if one.name not in self.done or time.monotonic() - self.done[one.name] >= one.every:
                self.done[one.name] = time.monotonic()
                catch_errors_of(one.act, f"periodic={one.name}")
