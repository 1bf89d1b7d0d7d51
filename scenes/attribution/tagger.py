"""Failure attribution for films that the tagger did not handle.

A wrong path mapping, a disk that is away and a hung model look, film by film, like broken films. So nothing is written
of such a scene until it is certain that it is at fault itself; otherwise the batch fails, and the error says what a
person can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.context import JobContext
from jobs.errors import JobError
from jobs.texts.translatable import message_of
from scenes.analysis.detectors import VIDEO_TAGS, CannotHandle, SceneResult
from scenes.analysis.scene_inputs import SceneInput
from scenes.attribution.clues import Clue, clue_of_words
from scenes.attribution.evidence import Failure, FailureEvidence, Suspect
from scenes.attribution.places import PlaceHistory
from scenes.attribution.tagger_places import TaggerPlaces
from scenes.clients.base import ServiceError
from scenes.clients.tagger.client import TaggerGaveUp
from scenes.models import Place

MAX_IN_A_ROW = 10  # films that are asked for in vain
MAX_OUTAGES = 3  # in a row: a timeout costs an hour, a crash the time to load models
BROKEN_OFF = "broken_off"  # an error code: the connection to a tagger that was there
OUTAGES = ("timeout", BROKEN_OFF)
SERVICE_CODES = (*OUTAGES, "unclear_answer")  # error codes that have nothing to do with where a film is


class TaggerFailed(CannotHandle):
    """{message}: the tagger did not handle the film. ``error`` is what to raise if the film is not at fault."""

    def __init__(self, message: str, error: ServiceError):
        super().__init__(message)
        self.error = error


@dataclass(frozen=True, eq=False, kw_only=True)
class TaggerFailure(Failure):
    """Of the scene with that result."""

    result: SceneResult
    error: ServiceError


class TaggerEvidence(FailureEvidence[TaggerFailure]):
    """A place is a mapped prefix or a library folder. Failures in a row count, even after a success in it."""

    def __init__(self, job: JobContext, places: TaggerPlaces):
        super().__init__(PlaceHistory(job, Place.Use.TAGGER))
        self.places = places
        self._given_up: list[TaggerFailed] = []  # films that the tagger gave up on
        self._given_up_in_a_row = 0

    def add(self, result: SceneResult) -> list[SceneResult]:
        """The results that can be written now; without itself while that is open."""
        found = result.findings.get(VIDEO_TAGS)
        if found is None:
            return [result]
        if isinstance(found, TaggerFailed) and isinstance(found.error, TaggerGaveUp):
            self._given_up.append(found)
            self._given_up_in_a_row += 1
            return []
        if isinstance(found, TaggerFailed):
            self.failed(self.failure_of(result, found))
            return [failure.result for failure in self.item_failures()]
        self._given_up_in_a_row = 0
        self.succeeded(*self._suspects(result.scene_input))
        return [*(failure.result for failure in self.item_failures()), result]

    def is_hopeless(self, scene_input: SceneInput) -> bool:
        """Whether the tagger can't handle this film now, whatever is wrong with it."""
        if self._given_up_in_a_row >= MAX_OUTAGES:
            return True
        return bool(self._at_fault) and self.is_at_fault(*self._suspects(scene_input))  # which takes a while

    @property
    def is_near_a_limit(self) -> bool:
        return self._given_up_in_a_row > 0 or super().is_near_a_limit

    def check(self) -> None:
        """As ever; and no film pays for what the tagger gave up on, but its batch has failed."""
        super().check()
        if self._given_up:
            raise self._given_up[-1].error

    def limit(self, suspect: Suspect) -> int:
        return MAX_OUTAGES if suspect.service in OUTAGES else MAX_IN_A_ROW

    def error(self, suspect: Suspect, failures: Sequence[TaggerFailure]) -> JobError:
        last = failures[-1]
        if suspect.service:
            return last.error
        return self.places.refusal(suspect.place, last.result.scene_input, len(failures), last.error)

    def service_error(self, failures: Sequence[TaggerFailure]) -> JobError:
        return failures[-1].error

    def _suspects(self, scene_input: SceneInput) -> list[Suspect]:
        """All that a success with this film clears."""
        return [self.places.of(scene_input), *(Suspect(service=code) for code in SERVICE_CODES)]

    def failure_of(self, result: SceneResult, failed: TaggerFailed) -> TaggerFailure:
        """What it says: which place or way to fail is suspected, and what the error tells of the film."""
        scene_input, code = result.scene_input, failed.error.code
        row = scene_input.detections.get(VIDEO_TAGS)
        suspect = Suspect(service=code) if code in SERVICE_CODES else self.places.of(scene_input)
        return TaggerFailure(
            suspect,
            message_of(failed),
            self.clue(scene_input, failed.error),
            failed_before=row is not None and row.attempts > 0,
            result=result,
            error=failed.error,
        )

    def clue(self, scene_input: SceneInput, error: ServiceError) -> Clue:
        """What the error tells. A film that is gone for StashHog as well is its own fault, where others are seen."""
        if error.code in SERVICE_CODES:
            return Clue.AWAY if error.code in OUTAGES else Clue.UNCLEAR
        theirs = self.places.path_map.to_theirs("tagger", self.places.path(scene_input))
        clue = clue_of_words(error.message, names_item=theirs in error.message)
        return Clue.ITEM if clue is not Clue.SERVICE and self.places.is_gone(scene_input) else clue
