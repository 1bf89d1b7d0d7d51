"""Waiting for a detector's service that is away for a moment during a batch."""

from __future__ import annotations

from jobs.context import JobContext
from jobs.models import Event
from jobs.texts.translatable import Translatable as _
from scenes.analysis.detectors import Detector, Proposal
from scenes.analysis.scene_inputs import SceneInput
from scenes.attribution.tagger import BROKEN_OFF
from scenes.clients.base import ServiceError

MAX_REQUESTS = 3  # in each outage
MAX_DELAY = 60.0  # seconds between two requests: a worker is occupied meanwhile


class RetryingDetector:
    """A detector that asks its service again before it fails, once it has handled a scene in this attempt of the job.

    A batch may take hours: short outages in it must not use up the job's attempts together. A service that stays away,
    or was away from the start, does cost an attempt. One that breaks off was there: the film may have crashed it.
    """

    def __init__(self, job: JobContext, detector: Detector):
        self.job, self.detector, self.name = job, detector, detector.name
        self.has_handled = False

    def applies(self, scene_input: SceneInput) -> bool:
        return self.detector.applies(scene_input)

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        for number in range(MAX_REQUESTS - 1):
            delay = min(self.job.job.retry_delay * 2**number, MAX_DELAY)  # as between the job's attempts
            try:
                return self._detect(scene_input)
            except ServiceError as error:
                if error.permanent or not (self.has_handled or error.code == BROKEN_OFF):
                    raise
                text = _("{reason} It is asked again in {delay:.3g} s.", reason=error.message, delay=delay)
                self.job.log(text, Event.Level.WARNING)
                self.job.pause(delay)
        return self._detect(scene_input)

    def _detect(self, scene_input: SceneInput) -> list[Proposal]:
        proposals = self.detector.detect(scene_input)
        self.has_handled = True
        return proposals
