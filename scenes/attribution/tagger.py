"""Failure attribution for films that the tagger did not handle.

A wrong path mapping, a disk that is away and a hung model look, film by film, like broken films. So nothing is written
of such a scene until the tagger handles another film of the same place; when it handles none of several, the batch
fails, and the error says what a person can do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.errors import JobError
from scenes.analysis.detectors import VIDEO_TAGS, CannotHandle, SceneResult
from scenes.analysis.scene_inputs import SceneInput
from scenes.attribution.evidence import Evidence, Failure, Suspect
from scenes.attribution.tagger_places import TaggerPlaces
from scenes.clients.base import ServiceError

MANY = 5  # failed films of one batch, with none that was handled, are hardly all broken
MAX_IN_A_ROW = 10  # films that are asked for in vain
MAX_OUTAGES = 3  # in a row: a timeout costs an hour, a crash the time to load models
MISSING = re.compile(r"no such file|file not found|does ?n[o']t exist|filenotfound|errno 2\b", re.IGNORECASE)
BROKEN_OFF = "broken_off"  # an error code: the connection to a tagger that was there
OUTAGES = ("timeout", BROKEN_OFF)
SERVICE_CODES = (*OUTAGES, "unclear_answer")  # error codes that have nothing to do with where a film is


class TaggerFailed(CannotHandle):
    """{message}: the tagger did not handle the film. ``error`` is what to raise if the film is not at fault."""

    def __init__(self, message: str, error: ServiceError):
        super().__init__(message)
        self.error = error


@dataclass(frozen=True, eq=False)
class TaggerFailure(Failure):
    """Of the scene with that result."""

    result: SceneResult
    error: ServiceError


class TaggerEvidence(Evidence[TaggerFailure]):
    """A place is a mapped prefix or a library folder. Failures in a row count, even after a success in it."""

    def __init__(self, places: TaggerPlaces):
        super().__init__()
        self.places = places

    def add(self, result: SceneResult) -> list[SceneResult]:
        """The results that can be written now: those that this one clears up, and itself unless that is open."""
        found = result.findings.get(VIDEO_TAGS)
        if found is None:
            return [result]
        if isinstance(found, TaggerFailed):
            self.failed(self._failure(result, found))
            return []
        self.succeeded(*self._suspects(result.scene_input))
        return [*(failure.result for failure in self.item_failures()), result]

    def is_hopeless(self, scene_input: SceneInput) -> bool:
        """Whether the tagger can't handle this film now, whatever is wrong with it."""
        return self.is_at_fault(*self._suspects(scene_input))

    def limit(self, suspect: Suspect) -> int:
        return MAX_OUTAGES if suspect.service in OUTAGES else MAX_IN_A_ROW

    def own_failures(self, failures: Sequence[TaggerFailure]) -> list[TaggerFailure]:
        return [failure for failure in failures if self._is_own(failure)] if len(failures) < MANY else []

    def error(self, suspect: Suspect, failures: Sequence[TaggerFailure]) -> JobError:
        last = failures[-1]
        if suspect.service:
            return last.error
        return self.places.refusal(suspect.place, last.result.scene_input, len(failures), last.error)

    def _suspects(self, scene_input: SceneInput) -> list[Suspect]:
        """All that a success with this film clears."""
        return [Suspect(place=self.places.of(scene_input)), *(Suspect(service=code) for code in SERVICE_CODES)]

    def _failure(self, result: SceneResult, failed: TaggerFailed) -> TaggerFailure:
        code = failed.error.code
        in_place = Suspect(place=self.places.of(result.scene_input))
        suspect = Suspect(service=code) if code in SERVICE_CODES else in_place
        return TaggerFailure(suspect, str(failed), result, failed.error)

    def _is_own(self, failure: TaggerFailure) -> bool:
        """With no other film of the batch as evidence: by the tagger's words, and by what it handled there before."""
        suspect, scene_input = failure.suspect, failure.result.scene_input
        if suspect.service in OUTAGES:
            return False
        if suspect.service:
            return self.places.handled_any()
        path = self.places.path(scene_input)
        if not os.path.exists(path) and self.places.has_others(suspect.place, path):  # noqa: PTH110 - no PermissionError
            return True
        return not MISSING.search(failure.reason) and self.places.handled_before(suspect.place)
