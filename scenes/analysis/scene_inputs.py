"""What the detectors need to know of the scenes of a batch, read in a constant number of queries."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Model, Q

from jobs.context import JobContext
from scenes.analysis.tagger.seeing import Answered, Seen
from scenes.clients.stash.names import folded
from scenes.models import (
    TO_DO,
    Change,
    Detection,
    Marker,
    Outcome,
    Plan,
    Scene,
    SceneFile,
    SyncState,
    Tag,
    TaggerResult,
)
from scenes.models.library import ScenePerformer, SceneTag
from scenes.plans import refused
from scenes.plans.refused import EDITED, NOT_AGAIN, RefusedMarker
from scenes.rules import current

APPLIED = Change.Status.APPLIED
OURS = Q(before__present=False, edited_at=None)
OF_TAGS = (Change.Kind.ADD_TAG, Change.Kind.REMOVE_TAG)
# As ChangeQuerySet.open() has it: in one condition, so that databases look by the index of scenes.
STILL_OPEN = Q(status__in=Change.OPEN, outcome__in=TO_DO)
# What is read of scenes and files where no detector looks at their texts.
FEW: dict[type[Model], tuple[str, ...]] = {
    Scene: ("title", "file_name", "organized"),
    SceneFile: ("scene", "path", "duration"),
}


class KnownMarker(NamedTuple):
    """A marker of the library: a row of `Marker`, in less time, since there may be many. Times are seconds."""

    scene_id: int
    id: int
    title: str
    seconds: float
    end_seconds: float | None
    primary_tag_id: int


class MadeMarker(NamedTuple):
    """A marker that an applied change of ours made: the change's ``value`` and ``after``."""

    value: dict[str, Any]
    after: dict[str, Any]


@dataclass
class SceneInput:
    """A scene under analysis."""

    scene: Scene
    file: SceneFile | None = None  # the primary one
    tag_ids: set[int] = field(default_factory=set)
    performer_ids: set[int] = field(default_factory=set)
    markers: list[KnownMarker] = field(default_factory=list)
    detections: dict[str, Detection] = field(default_factory=dict)
    excluded_keys: set[str] = field(default_factory=set)  # of changes not to be proposed (again)
    refused_markers: list[RefusedMarker] = field(default_factory=list)  # nothing like them is proposed again
    our_markers: list[MadeMarker] = field(default_factory=list)
    answered: Answered | None = None  # the tagger's answer, if it was asked before its turn
    tagger_seconds: float = 0.0  # that it took for that
    seen: Seen | None = None  # what the tagger sees in it now
    our_tags: set[int] = field(default_factory=set)  # what we added because the tagger saw it
    # Of a job that is for what is outdated: the categories to be asked for again, and what was seen of all before.
    renew: frozenset[str] | None = None
    kept_results: list[TaggerResult] = field(default_factory=list)

    def is_refused(self, kind: str, key: str, value: dict[str, Any]) -> bool:
        """Whether such a change was proposed once and is not wanted, or is proposed already."""
        if key in self.excluded_keys:
            return True
        if kind == Change.Kind.REMOVE_MARKER:
            return refused.key_of_removal(value) in self.excluded_keys
        return kind == Change.Kind.ADD_MARKER and any(marker.is_like(value) for marker in self.refused_markers)

    @property
    def title(self) -> str:
        """For people."""
        if self.scene.title or self.file is None:
            return str(self.scene)
        return self.file.path.replace("\\", "/").rpartition("/")[2]

    def has_failed(self, detector: str, job: JobContext) -> bool:
        """Too often, or in this job: then a person or the next run decides."""
        detection = self.detections.get(detector)
        return detection is not None and (detection.is_quarantined or detection.has_failed_in(job))

    def has_failed_before(self, detector: str) -> bool:
        """The last time that it was tried."""
        detection = self.detections.get(detector)
        return detection is not None and detection.outcome == Outcome.FAILED

    def is_handled(self, detector: str) -> bool:
        """Whether that was ever done."""
        if detector == Detection.VIDEO_TAGS:
            return self.scene.video_analyzed
        detection = self.detections.get(detector)
        return detection is not None and detection.handled_at is not None

    def handled_by(self, detector: str, job_id: uuid.UUID) -> bool:
        """Whether the job has done it already, in an earlier attempt."""
        detection = self.detections.get(detector)
        return detection is not None and detection.job_id == job_id and detection.outcome == Outcome.DONE


class LibraryTags:
    """The tags of our library, found by name as Stash would find them.

    ``ignoring_auto_tag``: the ids of those that no machine is to set. So is Stash's own VR tag, by which its player
    shows a film as one for VR glasses. ``unwanted``: of those that a rule forbids.
    """

    def __init__(self) -> None:
        self.rows = list(Tag.objects.order_by("id"))
        self._ids = {folded(alias): tag.id for tag in self.rows for alias in tag.aliases}
        self._ids |= {folded(tag.name): tag.id for tag in self.rows}
        self._names = {tag.id: tag.name for tag in self.rows}
        self._rules = current.current()
        self.unwanted = {tag.id for tag in self.rows if self._rules.is_unwanted(tag.name)}
        self.ignoring_auto_tag = {tag.id for tag in self.rows if tag.ignore_auto_tag}
        self.vr_tag = SyncState.peek().vr_tag
        if vr_tag_id := self.id_of(self.vr_tag):
            self.ignoring_auto_tag.add(vr_tag_id)

    def id_of(self, name: str) -> int | None:
        """The tag of this name or, failing that, alias."""
        return self._ids.get(folded(name))

    def may_be_set(self, name: str) -> bool:
        """Whether a machine may set a tag of this name, be there one or not."""
        is_never_set = self.id_of(name) in self.ignoring_auto_tag or self._rules.is_unwanted(name)
        return not is_never_set and folded(name) != folded(self.vr_tag)

    def name_of(self, tag_id: int) -> str | None:
        return self._names.get(tag_id)


def load(ids: Sequence[int], plan: Plan | None) -> list[SceneInput]:
    """The scenes with these ids, in this order, without those that are no longer in Stash.

    ``plan``: the one in hand; what it has already is not to be proposed.
    """
    scene_inputs = load_library(ids)
    of_these = Q(scene__in=list(scene_inputs))
    for scene_id, performer_id in ScenePerformer.objects.filter(of_these).values_list("scene_id", "performer_id"):
        scene_inputs[scene_id].performer_ids.add(performer_id)
    for detection in Detection.objects.filter(of_these).select_related("seen_with"):
        scene_inputs[detection.scene_id].detections[detection.detector] = detection
    if Change.objects.filter(of_these).exists():  # of new scenes there are none
        load_changes(scene_inputs, of_these, plan)
        load_ours(scene_inputs, of_these)
    return list(scene_inputs.values())


def load_library(ids: Sequence[int], *, with_texts: bool = True) -> dict[int, SceneInput]:
    """By id: the scenes with their files, tags and markers. Not ``with_texts``: of both just what FEW says."""
    scene_rows, files = Scene.objects.present(), SceneFile.objects.order_by("-position")
    if not with_texts:
        scene_rows, files = scene_rows.only(*FEW[Scene]), files.only(*FEW[SceneFile])
    scenes = scene_rows.in_bulk(ids)
    scene_inputs = {pk: SceneInput(scenes[pk]) for pk in ids if pk in scenes}
    of_these = Q(scene__in=list(scene_inputs))
    for file in files.filter(of_these):
        scene_inputs[file.scene_id].file = file
    for scene_id, tag_id in SceneTag.objects.filter(of_these).values_list("scene_id", "tag_id"):
        scene_inputs[scene_id].tag_ids.add(tag_id)
    markers = Marker.objects.filter(of_these).order_by("scene_id", "seconds", "id")
    for marker in map(KnownMarker._make, markers.values_list(*KnownMarker._fields)):
        scene_inputs[marker.scene_id].markers.append(marker)
    return scene_inputs


def load_changes(scene_inputs: dict[int, SceneInput], of_these: Q, plan: Plan | None) -> None:
    """Put in what is not to be proposed for these scenes."""
    changes = Change.objects.filter(of_these).order_by()
    undone = changes.filter(status__in=[*Change.OPEN, *refused.STATUSES])
    excluded = [undone.filter(NOT_AGAIN | STILL_OPEN), changes.filter(EDITED)]
    if plan is not None:
        excluded.append(changes.filter(plan=plan))
    for rows in excluded:  # each by an index of its own: all in one would look at every change of the scenes
        for scene_id, *keys in rows.values_list("scene_id", "key", "proposed_key"):
            scene_inputs[scene_id].excluded_keys.update(keys)
    for scene_id, key in [*refused.tags_by_their_names_now(of_these), *refused.removals(of_these)]:
        scene_inputs[scene_id].excluded_keys.add(key)
    for scene_id, span in refused.markers(of_these):
        scene_inputs[scene_id].refused_markers.append(span)


def load_ours(scene_inputs: dict[int, SceneInput], of_these: Q) -> None:
    """Put in what we made in Stash. Only what was not there before: what somebody else made, or edited, is not ours."""
    load_our_tags(scene_inputs, of_these)
    load_our_markers(scene_inputs, of_these)


def load_our_tags(scene_inputs: dict[int, SceneInput], of_these: Q) -> None:
    """``of_these``: of which changes, if not all of the scenes' are of interest."""
    rows = Change.objects.filter(of_these, OURS | Q(kind=Change.Kind.REMOVE_TAG), kind__in=OF_TAGS, status=APPLIED)
    columns = ("scene_id", "kind", "detector", "stash_tag")
    for scene_id, kind, detector, tag_id in rows.order_by("applied_at", "id").values_list(*columns):
        if kind == Change.Kind.REMOVE_TAG:
            scene_inputs[scene_id].our_tags.discard(tag_id)
        elif detector == Detection.VIDEO_TAGS:
            scene_inputs[scene_id].our_tags.add(tag_id)


def load_our_markers(scene_inputs: dict[int, SceneInput], of_these: Q) -> None:
    """``of_these``: as above."""
    rows = Change.objects.filter(of_these, OURS, kind=Change.Kind.ADD_MARKER, status=APPLIED)
    for scene_id, value, after in rows.order_by("applied_at", "id").values_list("scene_id", "value", "after"):
        scene_inputs[scene_id].our_markers.append(MadeMarker(value, after or {}))
