"""Waiting for a detector's service that is away for a moment in the midst of a batch."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.context import JobContext
from jobs.models import Event
from scenes.analysis.detectors import Detector, Proposal
from scenes.analysis.doubts import BROKEN_OFF
from scenes.analysis.subjects import Subject
from scenes.clients.base import ServiceError

TRIES = 3  # to ask, in each outage
LONGEST = 60.0  # seconds between two tries: a worker is held meanwhile


class Patient:
    """A detector that asks again before it gives up, once it has handled a scene in this attempt of the job.

    A batch may take hours: short outages in it must not use up the job's attempts together. A service that stays away,
    or was away from the start, does cost an attempt. One that breaks off was there: the film may have crashed it.
    """

    def __init__(self, job: JobContext, detector: Detector):
        self.job, self.detector, self.name = job, detector, detector.name
        self.has_handled = False

    def applies(self, subject: Subject) -> bool:
        return self.detector.applies(subject)

    def look(self, subject: Subject) -> list[Proposal]:
        for delay in self._delays():
            try:
                return self._look(subject)
            except ServiceError as error:
                if error.permanent or not (self.has_handled or error.code == BROKEN_OFF):
                    raise
                self.job.log(f"{error.message} It is asked again in {delay:.3g} s.", Event.Level.WARNING)
                self.job.pause(delay)
        return self._look(subject)

    def _look(self, subject: Subject) -> list[Proposal]:
        found = self.detector.look(subject)
        self.has_handled = True
        return found

    def _delays(self) -> Iterator[float]:
        """Seconds, doubling as between the job's attempts."""
        return (min(self.job.job.retry_delay * 2**number, LONGEST) for number in range(TRIES - 1))
