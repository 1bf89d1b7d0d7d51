"""Saving scenes as Stash gave them, with their files, markers, tags and performers.

Set-based: the number of statements does not depend on what the scenes hold. What is StashHog's own of a scene
(`video_analyzed`, `generated_at`, …) is never touched.
"""

from __future__ import annotations

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
    """Save these scenes; their ids. Raises JobError ``another_library`` and ``bad_answer``."""
    by_id = {int(row["id"]): row for row in fetched.rows}
    for ids in pieces(by_id, SCENES_AT_ONCE):
        chunk = Chunk.of(job, Fetched([by_id[number] for number in ids], fetched.asked_at))
        with job.transaction():
            chunk.write()
    return set(by_id)


@dataclass
class Chunk:
    """Rows to write in one transaction, worked out before it begins."""

    scenes: list[Row]
    files: dict[int, Row] = field(default_factory=dict)
    markers: dict[int, Row] = field(default_factory=dict)
    tags: set[Pair] = field(default_factory=set)
    performers: set[Pair] = field(default_factory=set)
    gone: dict[type[Model], list[int]] = field(default_factory=dict)
    outdated: set[int] = field(default_factory=set)  # scenes whose previews don't fit any more

    @classmethod
    def of(cls, job: JobContext, fetched: Fetched) -> Chunk:
        refuse_another_library(job, {row["id"]: row["created_at"] for row in fetched.rows})
        ours = (timezone.now(), job.id, None, None, job.id, False)
        chunk = cls([(*scene_values(row, fetched.asked_at), *ours) for row in fetched.rows])
        for row in fetched.rows:
            chunk.take(row, fetched.asked_at)
        chunk.compare([values[0] for values in chunk.scenes])
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

    def compare(self, scene_ids: list[int]) -> None:
        """Find what of these scenes is gone, and whose previews don't fit any more."""
        files, markers = _known(SceneFile, "oshash", scene_ids), _known(Marker, "scene_id", scene_ids)
        self.gone[SceneFile] = [pk for pk in files if pk not in self.files]
        self.gone[Marker] = [pk for pk in markers if pk not in self.markers]
        self.outdated = {row[SCENE_OF] for pk, row in self.files.items() if files.get(pk) != row[OSHASH]}
        if "markers" in configuration.current().generate:
            self.outdated |= {row[SCENE_OF] for pk, row in self.markers.items() if pk not in markers}
        self.gone[SceneTag] = _drop_known(SceneTag, "tag_id", scene_ids, self.tags)
        self.gone[ScenePerformer] = _drop_known(ScenePerformer, "performer_id", scene_ids, self.performers)

    def write(self) -> None:
        """In a transaction of the job's."""
        upsert(Scene, (*SCENE, *OURS, *NEW), self.scenes, kept=NEW)
        to_be_generated_again(self.outdated)
        for model, ids in self.gone.items():
            for piece in pieces(ids):
                model._default_manager.filter(pk__in=piece).delete()
        upsert(SceneFile, FILE, self.files.values())
        upsert(Marker, MARKER, self.markers.values())
        upsert(SceneTag, ("scene", "tag"), self.tags, key=("scene", "tag"))
        upsert(ScenePerformer, ("scene", "performer"), self.performers, key=("scene", "performer"))


def _known(model: type[Model], name: str, scene_ids: list[int]) -> dict[int, object]:
    """The rows that we have of these scenes: primary key → the field ``name``."""
    return dict(model._default_manager.filter(scene_id__in=scene_ids).order_by().values_list("pk", name))


def to_be_generated_again(scene_ids: set[int]) -> None:
    """Stash keeps previews under the file's hash: another file or a new marker has none."""
    Scene.objects.filter(pk__in=scene_ids).exclude(generated_at=None).update(generated_at=None)
    Generation.objects.filter(pk__in=scene_ids).exclude(outcome=Outcome.NEW).start_over()


def _drop_known(model: type[Model], name: str, scene_ids: list[int], pairs: set[Pair]) -> list[int]:
    """The rows that are in no pair any more; pairs that have their row already are taken out of ``pairs``."""
    rows = model._default_manager.filter(scene_id__in=scene_ids).values_list("pk", "scene_id", name)
    gone = []
    for pk, scene_id, other_id in rows:
        if (scene_id, other_id) in pairs:
            pairs.discard((scene_id, other_id))
        else:
            gone.append(pk)
    return gone
