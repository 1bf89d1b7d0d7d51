"""What each supervisor does to start jobs by themselves; what several of them do at once happens once."""

from __future__ import annotations

import time

from jobs.engine.error_boundary import catch_errors_of
from jobs.scheduling import requests, schedules

# Seconds between two looks.
EVERY = {schedules.start_due: 1.0, requests.start_requested: 1.0, schedules.correct: 60.0}


class Scheduler:
    """Of one supervisor."""

    def __init__(self) -> None:
        self.looked = dict.fromkeys(EVERY, float("-inf"))  # time.monotonic()

    def poll(self) -> None:
        """Do what has its turn. An error in one keeps none of the others; one of the database is raised."""
        for act, every in EVERY.items():
            if time.monotonic() - self.looked[act] >= every:
                self.looked[act] = time.monotonic()
                catch_errors_of(act, act.__name__)
