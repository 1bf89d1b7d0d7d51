"""Saving scenes as Stash gave them, with their files, markers, tags and performers.

Set-based: the number of statements does not depend on what the scenes hold. Only what differs is written, so a scene
is synced (`synced_by`) by the last sync that changed something of it. What is StashHog's own of a scene
(`video_analyzed`, `generated_at`, …) is never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model
from django.utils import timezone

from jobs.context import JobContext
from scenes import configuration
from scenes.clients.stash.rows import SceneRow
from scenes.models import Generation, Marker, Outcome, Scene, SceneFile
from scenes.models.library import ScenePerformer, SceneTag
from scenes.pieces import pieces
from scenes.sync.convert import FILE, MARKER, SCENE, file_values, marker_values, scene_values
from scenes.sync.identity import refuse_another_library
from scenes.sync.upsert import Row, upsert

SCENES_AT_ONCE = 250  # in one transaction: it stays below 100 ms on SQLite
OURS = ("synced_at", "synced_by", "deleted_at", "deleted_by")
NEW = ("added_by", "video_analyzed")
SCENE_OF, OSHASH = FILE.index("scene"), FILE.index("oshash")  # a scene's place is the same in MARKER
Pair = tuple[int, int]


@dataclass(frozen=True)
class Fetched:
    """Scenes as Stash gave them, and when it was asked, by its own clock at the earliest."""

    rows: list[SceneRow]
    asked_at: datetime


def save(job: JobContext, fetched: Fetched) -> set[int]:
    """Save what of these scenes differs; the ids of all. Raises JobError ``another_library`` and ``bad_answer``."""
    by_id = {int(row["id"]): row for row in fetched.rows}
    for ids in pieces(by_id, SCENES_AT_ONCE):
        chunk = Chunk.of(job, Fetched([by_id[number] for number in ids], fetched.asked_at))
        if chunk.changed:
            with job.transaction():
                chunk.write(job)
    return set(by_id)


@dataclass
class Chunk:
    """Rows to write in one transaction, worked out before it begins."""

    scenes: dict[int, Row]
    files: dict[int, Row] = field(default_factory=dict)
    markers: dict[int, Row] = field(default_factory=dict)
    tags: set[Pair] = field(default_factory=set)
    performers: set[Pair] = field(default_factory=set)
    gone: dict[type[Model], list[int]] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)  # scenes of which something differs
    outdated: set[int] = field(default_factory=set)  # scenes whose previews don't fit any more

    @classmethod
    def of(cls, job: JobContext, fetched: Fetched) -> Chunk:
        refuse_another_library(job, {row["id"]: row["created_at"] for row in fetched.rows})
        chunk = cls({int(row["id"]): scene_values(row, fetched.asked_at) for row in fetched.rows})
        for row in fetched.rows:
            chunk.take(row, fetched.asked_at)
        chunk.compare()
        return chunk

    def take(self, row: SceneRow, asked_at: datetime) -> None:
        """Add what belongs to a scene."""
        number = int(row["id"])
        for position, file in enumerate(row["files"]):
            self.files[int(file["id"])] = file_values(file, number, position, asked_at)
        for marker in row["scene_markers"]:
            self.markers[int(marker["id"])] = marker_values(marker, number, asked_at)
        self.tags.update((number, int(tag["id"])) for tag in row["tags"])
        self.performers.update((number, int(performer["id"])) for performer in row["performers"])

    def compare(self) -> None:
        """Find what of these scenes is gone, and whose previews don't fit; what we have already is left out."""
        rows = Scene.objects.filter(pk__in=self.scenes).order_by().values_list(*SCENE, "deleted_at")
        known = {row[0]: row for row in rows}
        self.changed = {pk for pk, row in self.scenes.items() if known.get(pk) != (*row, None)}
        files, markers = _known(SceneFile, FILE, known), _known(Marker, MARKER, known)
        self.outdated = {
            row[SCENE_OF] for pk, row in self.files.items() if pk not in files or files[pk][OSHASH] != row[OSHASH]
        }
        if "markers" in configuration.current().generate:
            self.outdated |= {row[SCENE_OF] for pk, row in self.markers.items() if pk not in markers}
        self._leave_out(SceneFile, self.files, files)
        self._leave_out(Marker, self.markers, markers)
        self._leave_out_pairs(SceneTag, "tag_id", self.tags, known)
        self._leave_out_pairs(ScenePerformer, "performer_id", self.performers, known)

    def _leave_out(self, model: type[Model], given: dict[int, Row], known: dict[int, Row]) -> None:
        self.gone[model] = [pk for pk in known if pk not in given]
        for pk in [pk for pk, row in given.items() if known.get(pk) == row]:
            del given[pk]
        # One that has moved concerns the scene that has it now and the one that had it.
        had = [known[pk] for pk in (*self.gone[model], *given) if pk in known]
        self.changed.update(row[SCENE_OF] for row in (*had, *given.values()))

    def _leave_out_pairs(self, model: type[Model], name: str, pairs: set[Pair], scene_ids: Collection[int]) -> None:
        rows = model._default_manager.filter(scene_id__in=scene_ids).order_by().values_list("pk", "scene_id", name)
        known = {(scene_id, other_id): pk for pk, scene_id, other_id in rows}
        gone = known.keys() - pairs
        self.gone[model] = [known[pair] for pair in gone]
        pairs -= known.keys()
        self.changed.update(scene_id for scene_id, _ in gone | pairs)

    def write(self, job: JobContext) -> None:
        """In a transaction of the job's."""
        ours = (timezone.now(), job.id, None, None, job.id, False)
        scenes = [(*self.scenes[pk], *ours) for pk in self.scenes if pk in self.changed]
        upsert(Scene, (*SCENE, *OURS, *NEW), scenes, kept=NEW)
        to_be_generated_again(self.outdated)
        for model, ids in self.gone.items():
            for piece in pieces(ids):
                model._default_manager.filter(pk__in=piece).delete()
        upsert(SceneFile, FILE, self.files.values())
        upsert(Marker, MARKER, self.markers.values())
        upsert(SceneTag, ("scene", "tag"), self.tags, key=("scene", "tag"))
        upsert(ScenePerformer, ("scene", "performer"), self.performers, key=("scene", "performer"))


def _known(model: type[Model], names: Sequence[str], scene_ids: Collection[int]) -> dict[int, Row]:
    """The rows that we have of these scenes, by primary key."""
    rows = model._default_manager.filter(scene_id__in=scene_ids).order_by().values_list(*names)
    return {row[0]: row for row in rows}


def to_be_generated_again(scene_ids: set[int]) -> None:
    """Stash keeps previews under the file's hash: another file or a new marker has none."""
    Scene.objects.filter(pk__in=scene_ids).exclude(generated_at=None).update(generated_at=None)
    Generation.objects.filter(pk__in=scene_ids).exclude(outcome=Outcome.NEW).start_over()
