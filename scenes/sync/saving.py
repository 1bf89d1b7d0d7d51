"""Saving scenes as Stash gave them, with their files, markers, tags and performers.

Set-based: the number of statements depends neither on how many scenes there are nor on what they hold. Only what
differs is written, so a scene is synced (`synced_by`) by the last sync that changed something of it. What is
StashHog's own of a scene (`video_analyzed`, `generated_at`, …) is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from jobs.context import JobContext
from scenes import configuration
from scenes.bulk.columns import Row
from scenes.bulk.tables import CopiedTable, Links, Table, read
from scenes.models import Generation, Outcome, Scene
from scenes.search.indexes import take_in
from scenes.sync.convert import FILE, MARKER, SCENE
from scenes.sync.fetched import COMPARED, FILES, MARKERS, PERFORMERS, TAGS, FetchedScenes, RowsById
from scenes.sync.identity import refuse_another_library

OURS = ("synced_at", "synced_by", "deleted_at", "deleted_by", "added_by", "video_analyzed")
SCENES = CopiedTable(Scene, (*SCENE, *OURS), kept=("added_by", "video_analyzed"))
OURS_ALONE = Table(Scene, OURS)
READ = [(COMPARED, "id"), *((table, "scene") for table in (FILES, MARKERS, TAGS, PERFORMERS))]
CREATED_AT, SCENE_OF, OSHASH = SCENE.index("created_at"), FILE.index("scene"), FILE.index("oshash")
CLIP_OF = itemgetter(SCENE_OF, MARKER.index("seconds"))  # Stash keeps a marker's clip by these


def save(job: JobContext, given: FetchedScenes, meanwhile: Callable[[], None] = lambda: None) -> list[int]:
    """Save what of these scenes differs; the ids of all, ascending. Raises JobError ``another_library``.

    ``meanwhile``: called when from now on the database has more to do than we have.
    """
    to_save = ScenesToSave(given)
    refuse_another_library(job, to_save.suspects)
    if to_save.changed:
        try:
            with job.transaction():
                meanwhile()
                to_save.write(job)
        except IntegrityError:  # of rows taken for new one was there: written meanwhile, or of a scene elsewhere
            to_save.are_new_certain = False
            with job.transaction():
                to_save.write(job)
    return sorted(given.scenes)


@dataclass
class Differing:
    """Of one table: the rows that we lack, those that differ from ours, and the primary keys of those that are gone."""

    new: list[Row] = field(default_factory=list)
    other: list[Row] = field(default_factory=list)
    gone: list[Any] = field(default_factory=list)


class ScenesToSave:
    """What differs between some scenes as Stash gave them and what we have of them: to write in one transaction.

    ``changed``: scenes of which something differs. ``outdated``: those whose previews don't fit any more. ``suspects``:
    those that may be of another library, with their ``created_at``.
    """

    def __init__(self, given: FetchedScenes):
        self.given, self.are_new_certain = given, True
        scenes, files, markers, tags, performers = read(READ, given.scenes)
        known = {row[0]: row for row in scenes}
        self.changed = {pk for pk, row in given.scenes.items() if known.get(pk) != row}
        suspects = (pk for pk in self.changed & known.keys() if known[pk][CREATED_AT] != given.scenes[pk][CREATED_AT])
        self.suspects = {str(pk): given.created_at[pk] for pk in suspects}
        self.known, self.outdated = frozenset(known), set[int]()
        self.differing: dict[CopiedTable, Differing] = {}
        self._compare_files(given.files, files)
        self._compare_markers(given.markers, markers)
        self._compare_links(TAGS, given.tags, tags)
        self._compare_links(PERFORMERS, given.performers, performers)

    def _compare_files(self, given: RowsById, ours: list[Row]) -> None:
        known = self._compare_owned(FILES, given, ours)
        others = (row for pk, row in given.items() if pk not in known or known[pk][OSHASH] != row[OSHASH])
        self.outdated.update(row[SCENE_OF] for row in others if row[SCENE_OF] in self.known)

    def _compare_markers(self, given: RowsById, ours: list[Row]) -> None:
        known = self._compare_owned(MARKERS, given, ours)
        if self.known and clips_are_wanted():
            had = {pk: CLIP_OF(row) for pk, row in known.items()}
            scenes = {row[SCENE_OF] for pk, row in given.items() if had.get(pk) != CLIP_OF(row)}
            self.outdated |= scenes & self.known

    def _compare_owned(self, table: CopiedTable, given: RowsById, ours: list[Row]) -> RowsById:
        """The rows that we have of the same scenes, by their ids."""
        known = {row[0]: row for row in ours}
        found = Differing(gone=list(known.keys() - given.keys()))
        for pk, row in given.items():
            if pk not in known:
                found.new.append(row)
            elif known[pk] != row:
                found.other.append(row)
        self.differing[table] = found
        # One that has moved concerns the scene that has it now and the one that had it.
        had = [known[pk] for pk in (*found.gone, *(row[0] for row in found.other))]
        self.changed.update(row[SCENE_OF] for row in (*had, *found.new, *found.other))
        return known

    def _compare_links(self, table: Links, given: Mapping[int, set[str]], rows: list[Row]) -> None:
        known, none = {pk: set(others.split(",")) for pk, others in rows}, set[str]()
        found = Differing()
        for pk, ids in given.items():
            ours = known.get(pk, none)
            if ids != ours:
                self.changed.add(pk)
                found.new.append((pk, [*(ids - ours)]))
                found.gone += [(pk, int(other)) for other in ours - ids]
        self.differing[table] = found

    def write(self, job: JobContext) -> None:
        """In a transaction of the job's."""
        SCENES.save(*self._scenes(job), are_new_certain=self.are_new_certain)
        to_be_generated_again(self.outdated)
        for table, found in self.differing.items():
            table.delete(found.gone)
        for table, found in self.differing.items():
            table.save(found.new, found.other, are_new_certain=self.are_new_certain)
        take_in()

    def _scenes(self, job: JobContext) -> tuple[list[Row], list[Row]]:
        """Those that are new, and the others that changed."""
        values = OURS_ALONE.prepared([(timezone.now(), job.id, None, None, job.id, False)])[0]
        ours = [value and str(value) for value in values]  # once, rather than by psycopg for each row
        # In the order in which others lock scenes (`SceneQuerySet.locked`).
        rows = [(*self.given.scenes[pk][:-1], *ours) for pk in sorted(self.changed)]
        return [row for row in rows if row[0] not in self.known], [row for row in rows if row[0] in self.known]


def clips_are_wanted() -> bool:
    """Whether a scene with a new marker lacks something."""
    return "markers" in configuration.current().generate


def to_be_generated_again(scene_ids: set[int]) -> None:
    """Stash keeps previews under the file's hash: another file or a new marker has none."""
    if scene_ids:
        Scene.objects.filter(pk__in=scene_ids).exclude(generated_at=None).locked().update(generated_at=None)
        Generation.objects.filter(pk__in=scene_ids).exclude(outcome=Outcome.NEW).start_over()
