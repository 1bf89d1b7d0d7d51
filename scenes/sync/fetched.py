"""Scenes as Stash gave them, as rows of our tables: made by the threads that fetch, without a look at what we have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from scenes.bulk.columns import Row
from scenes.bulk.tables import CopiedTable, Links, Table
from scenes.clients.stash.rows import SceneRow
from scenes.models import Marker, Scene, SceneFile
from scenes.models.library import ScenePerformer, SceneTag
from scenes.sync.convert import FILE, MARKER, SCENE, display_name, file_values, marker_values, scene_values

COMPARED = Table(Scene, (*SCENE, "deleted_at"))
FILES, MARKERS = CopiedTable(SceneFile, FILE), CopiedTable(Marker, MARKER)
TAGS, PERFORMERS = Links(SceneTag, "tag"), Links(ScenePerformer, "performer")
RowsById = dict[int, Row]


class FetchedScenes:
    """Of a page; ``asked_at``: when Stash was asked, by its own clock at the earliest. Raises JobError ``bad_answer``.

    ``created_at``: as Stash wrote it, by the id of the scene. ``title``: of the last one.
    """

    def __init__(self, rows: Collection[SceneRow], asked_at: datetime):
        scenes = {int(row["id"]): row for row in rows}
        self.created_at = {pk: row["created_at"] for pk, row in scenes.items()}
        self.scenes = by_id(COMPARED, [(*scene_values(row, asked_at), None) for row in scenes.values()])
        self.title = display_name(next(reversed(scenes.values()))) if scenes else ""
        files = (
            file_values(file, pk, position, asked_at)
            for pk, row in scenes.items()
            for position, file in enumerate(row["files"])
        )
        markers = (marker_values(marker, pk, asked_at) for pk, row in scenes.items() for marker in row["scene_markers"])
        self.files, self.markers = by_id(FILES, files), by_id(MARKERS, markers)
        self.tags = {pk: {tag["id"] for tag in row["tags"]} for pk, row in scenes.items()}
        self.performers = {pk: {performer["id"] for performer in row["performers"]} for pk, row in scenes.items()}


def by_id(table: Table, rows: Iterable[Row]) -> RowsById:
    return {row[0]: row for row in table.prepared(list(rows))}
