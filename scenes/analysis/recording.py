"""Scenes' results in our tables: what comes within a moment goes into one transaction, whose statements don't grow.

All of a scene or nothing. A crash in that moment has these scenes analysed again, so what cost much waits for no
others: an answer for which a tagger took long, or one of a language model.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Self

from django.utils import timezone

from jobs.context import JobContext
from jobs.crash_points import crash_point
from jobs.texts.translatable import message_of
from scenes.analysis.detectors import NAMES_BY_LLM, VIDEO_TAGS, Findings, Postponed, SceneResult
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.tagger.seeing import NewResult, results_of
from scenes.bulk.upsert import upsert
from scenes.crash_points import CrashPoint
from scenes.models import Detection, Outcome, Plan, Scene, TaggerModelSet, TaggerResult
from scenes.plans.proposing import NewChange, change_for
from scenes.plans.recording import propose

MOST = 50  # scenes in a transaction: about 20 ms on SQLite
LONGEST = 0.2  # seconds that one waits for others
AT_STAKE = 1.0  # seconds of the taggers' time that may have to be spent again

Models = Mapping[str, int]  # category → primary key of the tagger's model


class Handled(NamedTuple):
    """The row of a detection that was done."""

    scene: int
    detector: str
    job: uuid.UUID
    handled_at: datetime
    updated_at: datetime
    outcome: str = str(Outcome.DONE)
    message: str = ""
    attempts: int = 0
    failed_at: datetime | None = None
    code: str = ""  # for a new row only
    seen_with: int | None = None


@dataclass
class ScenesRecorded:
    """The rows of some scenes, made before the transaction, so that this is short and holds no answers."""

    scenes: int = 0
    seconds: float = 0.0  # of the taggers
    begun: float = field(default_factory=time.monotonic)
    now: datetime = field(default_factory=timezone.now)  # for all: each other time takes long to be converted
    changes: list[NewChange] = field(default_factory=list)
    handled: list[tuple[Handled, Models | None]] = field(default_factory=list)
    results: list[NewResult] = field(default_factory=list)
    seen_again: dict[frozenset[str], list[int]] = field(default_factory=dict)  # categories → scenes that have no others
    unhandled: list[tuple[Scene, Findings]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Also with a scene that failed, since that takes several statements."""
        return (
            bool(self.unhandled)
            or self.scenes >= MOST
            or self.seconds >= AT_STAKE
            or time.monotonic() - self.begun >= LONGEST
        )

    def add(self, job: JobContext, plan: Plan, result: SceneResult) -> None:
        scene_input, findings = result.scene_input, result.findings
        self.scenes += 1
        self.seconds += scene_input.tagger_seconds
        approved_at = self.now if job.params.get("auto_approve", True) else None
        self.changes += changes_of(plan, scene_input, findings, approved_at)
        for name, found in findings.items():
            if isinstance(found, list):
                models = self.add_seen(job, scene_input) if name == VIDEO_TAGS and scene_input.seen else None
                self.handled.append((Handled(scene_input.scene.pk, str(name), job.id, self.now, self.now), models))
        if not all(isinstance(found, list) for found in findings.values()):
            self.unhandled.append((scene_input.scene, findings))

    def add_seen(self, job: JobContext, scene_input: SceneInput) -> Models:
        """Take what the tagger saw; which models have seen the scene by now."""
        seen, before = scene_input.seen, scene_input.detections.get(VIDEO_TAGS)
        assert seen is not None
        self.results += results_of(seen, scene_input.scene, job)
        if before is not None and not seen.is_partial:
            self.seen_again.setdefault(frozenset(seen.models), []).append(scene_input.scene.pk)
        earlier = before.seen_with.models if seen.is_partial and before and before.seen_with else {}
        return {**earlier, **seen.models}

    def save(self, job: JobContext) -> None:
        """In the transaction of the caller."""
        upsert(TaggerResult, NewResult._fields, self.results, key=("scene", "category"))
        for categories, scene_ids in self.seen_again.items():
            TaggerResult.objects.filter(scene__in=scene_ids).exclude(category__in=categories).delete()
        propose(self.changes)
        # Sorted, and the scenes locked in order, so that no two transactions wait for each other.
        keys = sorted({_key(models) for _, models in self.handled if models is not None})
        sets = {key: TaggerModelSet.of(dict(key)).pk for key in keys}
        rows = [row if models is None else row._replace(seen_with=sets[_key(models)]) for row, models in self.handled]
        upsert(Detection, Handled._fields, rows, key=("scene", "detector"), kept=("code",))
        seen = [row.scene for row in rows if row.detector == VIDEO_TAGS]
        Scene.objects.filter(pk__in=seen).locked().update(video_analyzed=True)
        for scene, findings in self.unhandled:
            for detector, found in findings.items():
                if isinstance(found, list):
                    continue
                Detection.objects.get_or_create(scene=scene, detector=detector)
                row = scene.detections.filter(detector=detector)
                if isinstance(found, Postponed):
                    row.wait_for(job, found.code, message_of(found))
                else:
                    row.fail(job, message_of(found), is_counted=found.is_counted)


def _key(models: Models) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(models.items()))


class Recorder:
    """Records the results of a job. As a context it records at its end, too, however that comes."""

    def __init__(self, job: JobContext, plan: Plan):
        self.job, self.plan = job, plan
        self._waiting: ScenesRecorded | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.record()

    def add(self, results: Sequence[SceneResult]) -> None:
        for result in results:
            self._waiting = self._waiting or ScenesRecorded()
            self._waiting.add(self.job, self.plan, result)
            if self._waiting.is_full or NAMES_BY_LLM in result.findings:
                self.record()

    def look(self) -> None:
        """Record what has waited for long enough; to be called often."""
        if self._waiting and self._waiting.is_full:
            self.record()

    def record(self) -> None:
        """All that waits."""
        together, self._waiting = self._waiting, None
        if together is None:
            return
        crash_point(CrashPoint.SCENE_TAGGED)
        with self.job.transaction():
            together.save(self.job)
        crash_point(CrashPoint.SCENE_RECORDED)


def changes_of(
    plan: Plan, scene_input: SceneInput, findings: Findings, approved_at: datetime | None
) -> list[NewChange]:
    """Each proposal once; without what was rejected, was reverted, or is still open."""
    new = {
        proposal.key: change_for(plan, scene_input.scene, detector, proposal, approved_at)
        for detector, found in findings.items()
        if isinstance(found, list)
        for proposal in found
        if not scene_input.is_refused(proposal.kind, proposal.key, proposal.value)
    }
    return list(new.values())
