"""What the tagger saw in a film, and what of it is kept: rules that change are tried on that, and models compared."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from django.utils import timezone

from jobs.context import JobContext
from scenes.analysis.spans import packed
from scenes.clients.tagger.answers import TagSpan, VideoAnalysis
from scenes.models import Detection, Scene, TaggerModelSet, TaggerResult
from scenes.plans.evidence import Model

COLUMNS = ["model", "frame_interval", "threshold", "duration", "spans", "seen_at", "job"]


@dataclass(frozen=True)
class Seen:
    """An answer of the tagger, and what it was asked. ``models``: category → primary key of the model that saw it.

    ``is_partial``: it was asked for some categories only; of others holds what was seen earlier.
    """

    analysis: VideoAnalysis
    frame_interval: float  # seconds
    threshold: float  # 0…1
    models: Mapping[str, int]
    named: Mapping[str, Model]  # the same models, for people
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


def keep(seen: Seen, before: Detection | None, scene: Scene, job: JobContext) -> TaggerModelSet:
    """Write a row for each category that was looked for, in the transaction of the caller; which models saw the scene.

    ``before``: the detection that an earlier answer made, if any.
    """
    now = timezone.now()
    rows = [
        TaggerResult(
            scene=scene,
            category=category,
            model_id=model_id,
            frame_interval=seen.frame_interval,
            threshold=seen.threshold,
            duration=seen.analysis.duration,
            spans=packed(seen.spans_of(category)),
            seen_at=now,
            job=job.job,
        )
        for category, model_id in seen.models.items()
    ]
    TaggerResult.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["scene", "category"], update_fields=COLUMNS
    )
    if before is not None and not seen.is_partial:
        TaggerResult.objects.filter(scene=scene).exclude(category__in=list(seen.models)).delete()
    earlier = before.seen_with.models if seen.is_partial and before and before.seen_with else {}
    return TaggerModelSet.of({**earlier, **seen.models})
