"""What the tagger saw in a film, and what of it is kept: rules that change are tried on that, and models compared."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from jobs.context import JobContext
from scenes.analysis.spans import packed
from scenes.clients.tagger.answers import TagSpan, VideoAnalysis
from scenes.models import Scene
from scenes.plans.evidence import DetectorModel


@dataclass(frozen=True)
class Seen:
    """An answer of the tagger, and what it was asked. ``models``: category → primary key of the model that saw it.

    ``is_partial``: it was asked for some categories only; of others holds what was seen earlier.
    """

    analysis: VideoAnalysis
    frame_interval: float  # seconds
    threshold: float  # 0…1
    models: Mapping[str, int]
    named: Mapping[str, DetectorModel]  # the same models, for people
    is_partial: bool = False

    def spans_of(self, category: str) -> list[TagSpan]:
        return [span for span in self.analysis.spans if span.category == category]


@dataclass(frozen=True)
class Answered:
    """The answer of the tagger at an address, or the error that came of the question."""

    address: str
    future: Future[VideoAnalysis]

    @property
    def error(self) -> BaseException | None:
        return self.future.exception()


class NewResult(NamedTuple):
    """A row of `TaggerResult`, written in place of an earlier one of the same scene and category."""

    scene: int
    category: str
    model: int
    frame_interval: float
    threshold: float
    duration: float | None
    spans: bytes
    seen_at: datetime
    job: uuid.UUID


def results_of(seen: Seen, scene: Scene, job: JobContext) -> list[NewResult]:
    """One for each category that was looked for."""
    now, interval, threshold, duration = timezone.now(), seen.frame_interval, seen.threshold, seen.analysis.duration
    return [
        NewResult(scene.pk, name, model, interval, threshold, duration, packed(seen.spans_of(name)), now, job.id)
        for name, model in seen.models.items()
    ]
