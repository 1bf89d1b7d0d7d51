"""Fills a library with made-up scenes, for tests and benchmarks that need many."""

from __future__ import annotations

from datetime import timedelta

from .records import Folder, Marker, Performer, Scene, Studio, Tag, VideoFile
from .state import LibraryState
from .timestamps import row_text

FOLDER = "/seeded"


def seed(
    state: LibraryState,
    scenes: int = 1000,
    tags: int = 100,
    performers: int = 50,
    studios: int = 10,
    tags_per_scene: int = 6,
    markers_per_scene: int = 0,
    days: float = 30.0,
) -> list[Scene]:
    """Adds scenes whose files are imaginary, spread over the last ``days``. The same call gives the same library."""
    if FOLDER not in state.folder_by_path:
        now = state.clock.row_time()
        state.add(Folder(state.new_id("folders"), FOLDER, None, now, now, now))
    folder = state.folder_by_path[FOLDER]
    names = _Names(state, tags, performers, studios)
    start, step = state.clock.now() - timedelta(days=days), timedelta(days=days) / max(scenes, 1)
    made = [
        add_scene(state, folder, names, row_text(start + step * number), tags_per_scene) for number in range(scenes)
    ]
    for scene in made if names.tags else []:
        for number in range(markers_per_scene):
            tag, seconds = names.tags[(scene.id + number) % len(names.tags)], number * 5.0
            times = state.new_times()
            state.add(Marker(state.new_id("markers"), scene.id, "", seconds, seconds + 4.0, tag, [], **times))
    state.commit()
    return made


class _Names:
    """The ids of the tags, performers and studios that seeded scenes have."""

    def __init__(self, state: LibraryState, tags: int, performers: int, studios: int):
        self.tags = [_named(state, Tag, "tags", f"Tag {number:04d}") for number in range(tags)]
        self.performers = [
            _named(state, Performer, "performers", f"Performer {number:04d}") for number in range(performers)
        ]
        self.studios = [_named(state, Studio, "studios", f"Studio {number:04d}") for number in range(studios)]


def _named(state: LibraryState, kind: type, table: str, name: str) -> int:
    for record in state.table(table).values():
        if record.name == name:
            return record.id
    record = kind(id=state.new_id(table), name=name, **state.new_times())
    state.add(record)
    return record.id


def add_scene(state: LibraryState, folder: Folder, names: _Names, when: str, tag_count: int) -> Scene:
    """A scene with its imaginary file, made at ``when``; its number decides what it has."""
    number = state.new_id("scenes")
    file = imaginary_file(state, folder, number, when)
    scene = Scene(number, when, when, title=f"Scene {number}", details=f"The story of scene {number}.")
    scene.tag_ids = _pick(names.tags, number, tag_count)
    scene.performer_ids = _pick(names.performers, number, 2)
    scene.studio_id = next(iter(_pick(names.studios, number, 1)), None)
    scene.date = when[:10]
    state.add(file)
    state.add(scene)
    state.attach(file, scene)
    return scene


def _pick(ids: list[int], start: int, count: int) -> list[int]:
    return [ids[(start + step) % len(ids)] for step in range(min(count, len(ids)))]


def imaginary_file(state: LibraryState, folder: Folder, number: int, when: str) -> VideoFile:
    """Not added yet; there is nothing of it on the disk."""
    return VideoFile(
        id=state.new_id("files"),
        path=f"{FOLDER}/scene_{number:06d}.mp4",
        folder_id=folder.id,
        size=1_000_000 + number,
        mod_time=when,
        oshash=f"{number:016x}",
        format="mp4",
        width=1920,
        height=1080,
        duration=60.0 + number % 600,
        video_codec="h264",
        audio_codec="aac",
        frame_rate=25.0,
        bit_rate=4_000_000,
        created_at=when,
        updated_at=when,
        imaginary=True,
    )
