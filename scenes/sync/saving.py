"""Saving scenes as Stash gave them, with their files, markers, tags and performers.

Set-based: the number of statements depends neither on how many scenes there are nor on what they hold. Only what
differs is written, so a scene is synced (`synced_by`) by the last sync that changed something of it. What is
StashHog's own of a scene (`video_analyzed`, `generated_at`, …) is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from django.utils import timezone

from jobs.context import JobContext
from scenes import configuration
from scenes.bulk.columns import Row
from scenes.bulk.tables import CopiedTable, Links, Table
from scenes.clients.stash.rows import SceneRow
from scenes.models import Generation, Marker, Outcome, Scene, SceneFile
from scenes.models.library import ScenePerformer, SceneTag
from scenes.pieces import pieces
from scenes.sync.convert import FILE, MARKER, SCENE, file_values, marker_values, scene_values
from scenes.sync.identity import refuse_another_library

SCENES_AT_ONCE = 1000  # in one transaction: 50 ms of the processor on SQLite, where others wait meanwhile
OURS = ("synced_at", "synced_by", "deleted_at", "deleted_by", "added_by", "video_analyzed")
SCENES = CopiedTable(Scene, (*SCENE, *OURS), kept=("added_by", "video_analyzed"))
OURS_ALONE = Table(Scene, OURS)
COMPARED = Table(Scene, (*SCENE, "deleted_at"))
FILES, MARKERS = CopiedTable(SceneFile, FILE), CopiedTable(Marker, MARKER)
TAGS, PERFORMERS = Links(SceneTag, "tag"), Links(ScenePerformer, "performer")
ID = itemgetter(0)
SCENE_OF, OSHASH = FILE.index("scene"), FILE.index("oshash")  # a scene's place is the same in MARKER
CLIP_OF = itemgetter(SCENE_OF, MARKER.index("seconds"))  # Stash keeps a marker's clip by these


@dataclass(frozen=True)
class Fetched:
    """Scenes as Stash gave them, and when it was asked, by its own clock at the earliest."""

    rows: list[SceneRow]
    asked_at: datetime


def save(job: JobContext, fetched: Fetched) -> list[int]:
    """Save what of these scenes differs; the ids of all, ascending.

    Raises JobError ``another_library`` and ``bad_answer``.
    """
    by_id = {int(row["id"]): row for row in fetched.rows}
    for ids in pieces(by_id, SCENES_AT_ONCE):
        chunk = Chunk(job, {number: by_id[number] for number in ids}, fetched.asked_at)
        if chunk.changed:
            with job.transaction():
                chunk.write(job)
    return sorted(by_id)


@dataclass
class Differing:
    """Of one table: the rows to write, and the primary keys of those that are gone."""

    rows: list[Row] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


class Chunk:
    """What differs between some scenes as Stash gave them and what we have of them: to write in one transaction.

    ``changed``: scenes of which something differs. ``outdated``: those whose previews don't fit any more.
    """

    def __init__(self, job: JobContext, given: Mapping[int, SceneRow], asked_at: datetime):
        self.scenes = COMPARED.prepared([(*scene_values(row, asked_at), None) for row in given.values()])
        known = {row[0]: row for row in COMPARED.rows("id", given)}
        self.changed = {row[0] for row in self.scenes if known.get(row[0]) != row}
        # One that was made at another time differs.
        refuse_another_library(job, {given[pk]["id"]: given[pk]["created_at"] for pk in self.changed & known.keys()})
        self.known, self.outdated = frozenset(known), set[int]()
        self.differing: dict[Table, Differing] = {}
        self._compare_files(
            file_values(file, number, position, asked_at)
            for number, row in given.items()
            for position, file in enumerate(row["files"])
        )
        self._compare_markers(
            marker_values(marker, number, asked_at) for number, row in given.items() for marker in row["scene_markers"]
        )
        self._compare_links(TAGS, {number: {tag["id"] for tag in row["tags"]} for number, row in given.items()})
        performers = {number: {one["id"] for one in row["performers"]} for number, row in given.items()}
        self._compare_links(PERFORMERS, performers)

    def _compare_files(self, rows: Iterable[Row]) -> None:
        given, known = self._compare_owned(FILES, rows)
        others = (row for pk, row in given.items() if pk not in known or known[pk][OSHASH] != row[OSHASH])
        self.outdated.update(row[SCENE_OF] for row in others if row[SCENE_OF] in self.known)

    def _compare_markers(self, rows: Iterable[Row]) -> None:
        given, known = self._compare_owned(MARKERS, rows)
        if self.known and clips_are_wanted():
            had = {pk: CLIP_OF(row) for pk, row in known.items()}
            scenes = {row[SCENE_OF] for pk, row in given.items() if had.get(pk) != CLIP_OF(row)}
            self.outdated |= scenes & self.known

    def _compare_owned(self, table: Table, rows: Iterable[Row]) -> tuple[dict[int, Row], dict[int, Row]]:
        """The rows given, and those that we have of the same scenes."""
        given = {row[0]: row for row in table.prepared(list(rows))}
        known = {row[0]: row for row in table.rows("scene", self.known)}
        found = Differing([row for pk, row in given.items() if known.get(pk) != row], list(known.keys() - given.keys()))
        self.differing[table] = found
        # One that has moved concerns the scene that has it now and the one that had it.
        had = [known[pk] for pk in (*found.gone, *(row[0] for row in found.rows)) if pk in known]
        self.changed.update(row[SCENE_OF] for row in (*had, *found.rows))
        return given, known

    def _compare_links(self, table: Links, given: Mapping[int, set[str]]) -> None:
        known, none = table.of(self.known), set[str]()
        found, gone = Differing(), set[Row]()
        for number, ids in given.items():
            ours = known.get(number, none)
            if ids != ours:
                self.changed.add(number)
                found.rows.append((number, [*(ids - ours)]))
                gone.update((number, int(pk)) for pk in ours - ids)
        found.gone = table.keys(gone) if gone else []
        self.differing[table] = found

    def write(self, job: JobContext) -> None:
        """In a transaction of the job's."""
        ours = OURS_ALONE.prepared([(timezone.now(), job.id, None, None, job.id, False)])[0]
        # In the order in which others lock scenes (`SceneQuerySet.locked`).
        SCENES.upsert([(*row[:-1], *ours) for row in sorted(self.scenes, key=ID) if row[0] in self.changed])
        to_be_generated_again(self.outdated)
        for table, found in self.differing.items():
            for piece in pieces(found.gone):
                table.model._default_manager.filter(pk__in=piece).delete()
        for table, found in self.differing.items():
            table.upsert(found.rows)


def clips_are_wanted() -> bool:
    """Whether a scene with a new marker lacks something."""
    return "markers" in configuration.current().generate


def to_be_generated_again(scene_ids: set[int]) -> None:
    """Stash keeps previews under the file's hash: another file or a new marker has none."""
    if scene_ids:
        Scene.objects.filter(pk__in=scene_ids).exclude(generated_at=None).locked().update(generated_at=None)
        Generation.objects.filter(pk__in=scene_ids).exclude(outcome=Outcome.NEW).start_over()
