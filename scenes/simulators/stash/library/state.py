"""The library: tables of records, the indices that make 20,000 scenes quick, and what is written to the disk.

Only the simulator's own thread may change it. A change is: alter the record, ``save`` it, ``commit``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from .persistence import RecordStore
from .records import Folder, Marker, Performer, Record, Scene, Studio, Tag, VideoFile
from .timestamps import Clock

KINDS: dict[str, type] = {
    "folders": Folder,
    "files": VideoFile,
    "scenes": Scene,
    "markers": Marker,
    "tags": Tag,
    "performers": Performer,
    "studios": Studio,
}
KIND_OF = {record_type: kind for kind, record_type in KINDS.items()}


class LibraryState:
    def __init__(self, clock: Clock, store: RecordStore):
        self.clock = clock
        self.store = store
        self.version = 0  # raised by each commit, so that what is counted from the rows can be kept till then
        self.empty()
        for kind, row in store.records():
            self._place(KINDS[kind](**row))
        self.last_ids.update(store.last_ids())

    def empty(self) -> None:
        self.folders: dict[int, Folder] = {}
        self.files: dict[int, VideoFile] = {}
        self.scenes: dict[int, Scene] = {}
        self.markers: dict[int, Marker] = {}
        self.tags: dict[int, Tag] = {}
        self.performers: dict[int, Performer] = {}
        self.studios: dict[int, Studio] = {}
        self.last_ids: dict[str, int] = defaultdict(int)
        self.folder_by_path: dict[str, Folder] = {}
        self.file_by_path: dict[str, VideoFile] = {}
        self.files_by_oshash: dict[str, list[int]] = defaultdict(list)
        self.scene_of_file: dict[int, int] = {}
        self.markers_of: dict[int, list[int]] = defaultdict(list)
        self._changed: dict[tuple[str, int], Record] = {}
        self._removed: set[tuple[str, int]] = set()

    def table(self, kind: str) -> dict[int, Any]:
        return getattr(self, kind)

    # --- changing ---

    def new_id(self, kind: str) -> int:
        """The next id; one that was given is never given again."""
        self.last_ids[kind] += 1
        return self.last_ids[kind]

    def new_times(self) -> dict[str, Any]:
        now = self.clock.row_time()
        return {"created_at": now, "updated_at": now}

    def add(self, record: Record) -> None:
        self._place(record)
        self.save(record)

    def save(self, record: Record) -> None:
        """Have ``record`` written by the next commit; its ``updated_at`` stays as it is."""
        key = (KIND_OF[type(record)], record.id)
        self._changed[key] = record

    def touch(self, record: Record) -> None:
        """Save, with ``updated_at`` now."""
        record.updated_at = self.clock.row_time()
        self.save(record)

    def remove(self, record: Record) -> None:
        kind = KIND_OF[type(record)]
        del self.table(kind)[record.id]
        if isinstance(record, VideoFile):
            del self.file_by_path[record.path]
            self.files_by_oshash[record.oshash].remove(record.id)
        elif isinstance(record, Folder):
            del self.folder_by_path[record.path]
        elif isinstance(record, Marker):
            self.markers_of[record.scene_id].remove(record.id)
        elif isinstance(record, Scene):
            for number in record.file_ids:
                self.scene_of_file.pop(number, None)
        self._changed.pop((kind, record.id), None)
        self._removed.add((kind, record.id))

    def move_file(self, file: VideoFile, path: str, folder: Folder) -> None:
        del self.file_by_path[file.path]
        file.path, file.folder_id = path, folder.id
        self.file_by_path[path] = file
        self.touch(file)

    def move_marker(self, marker: Marker, scene_id: int) -> None:
        """To another scene; saving it is the caller's."""
        self.markers_of[marker.scene_id].remove(marker.id)
        self.markers_of[scene_id].append(marker.id)
        marker.scene_id = scene_id

    def set_oshash(self, file: VideoFile, oshash: str) -> None:
        self.files_by_oshash[file.oshash].remove(file.id)
        file.oshash = oshash
        self.files_by_oshash[oshash].append(file.id)

    def attach(self, file: VideoFile, scene: Scene) -> None:
        scene.file_ids.append(file.id)
        self.scene_of_file[file.id] = scene.id
        self.save(scene)

    def detach(self, file: VideoFile, scene: Scene) -> None:
        scene.file_ids.remove(file.id)
        del self.scene_of_file[file.id]
        self.save(scene)

    def commit(self) -> None:
        if not self._changed and not self._removed:
            return
        self.version += 1
        changed = ((kind, number, as_row(record)) for (kind, number), record in self._changed.items())
        self.store.write(changed, self._removed, self.last_ids)
        self._changed, self._removed = {}, set()

    # --- looking up ---

    def scene_files(self, scene: Scene) -> list[VideoFile]:
        return [self.files[number] for number in scene.file_ids]

    def scene_markers(self, scene_id: int) -> list[Marker]:
        return [self.markers[number] for number in self.markers_of.get(scene_id, ())]

    def primary_file(self, scene: Scene) -> VideoFile | None:
        return self.files[scene.file_ids[0]] if scene.file_ids else None

    # --- indices ---

    def _place(self, record: Record) -> None:
        self.table(KIND_OF[type(record)])[record.id] = record
        if isinstance(record, VideoFile):
            self.file_by_path[record.path] = record
            self.files_by_oshash[record.oshash].append(record.id)
        elif isinstance(record, Folder):
            self.folder_by_path[record.path] = record
        elif isinstance(record, Marker):
            self.markers_of[record.scene_id].append(record.id)
        elif isinstance(record, Scene):
            self.scene_of_file.update(dict.fromkeys(record.file_ids, record.id))

    def wipe(self) -> None:
        """Forget everything, the ids given so far too."""
        everything: Iterable[Record] = [row for kind in KINDS for row in self.table(kind).values()]
        removed = {(KIND_OF[type(record)], record.id) for record in everything}
        self.empty()
        self._removed = removed
        self.last_ids.update(dict.fromkeys(KINDS, 0))
        self.commit()


def as_row(record: Record) -> dict[str, Any]:
    return {item.name: getattr(record, item.name) for item in fields(record)}


def dump(state: LibraryState) -> dict[str, list[dict[str, Any]]]:
    """The whole library, scenes with what belongs to them, for comparisons."""

    def names(table: dict[int, Any], numbers: list[int]) -> list[str]:
        return sorted(table[number].name for number in numbers)

    scenes = [
        {
            **asdict(scene),
            "tags": names(state.tags, scene.tag_ids),
            "performers": names(state.performers, scene.performer_ids),
            "studio": state.studios[scene.studio_id].name if scene.studio_id else None,
            "files": [file.path for file in state.scene_files(scene)],
            "markers": [
                {
                    **asdict(marker),
                    "primary_tag": state.tags[marker.primary_tag_id].name,
                    "tags": names(state.tags, marker.tag_ids),
                }
                for marker in state.scene_markers(scene.id)
            ],
        }
        for scene in state.scenes.values()
    ]
    kinds = ("tags", "performers", "studios", "files", "folders")
    return {"scenes": scenes, **{kind: [asdict(record) for record in state.table(kind).values()] for kind in kinds}}
