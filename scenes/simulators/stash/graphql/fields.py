"""Fields of records that are more than an attribute."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from ..library.records import Folder, Marker, Performer, Scene, Studio, Tag, VideoFile
from .context import Context
from .execution import Resolvers

BY_NAME = attrgetter("name")


def _tags(record: Any, context: Context) -> list[Tag]:
    tags = context.state.tags
    return sorted([tags[number] for number in record.tag_ids], key=BY_NAME)


# --- scenes ---


def _performers(scene: Scene, context: Context) -> list[Performer]:
    return [context.state.performers[number] for number in scene.performer_ids]


def _studio(scene: Scene, context: Context) -> Studio | None:
    return context.state.studios[scene.studio_id] if scene.studio_id else None


def _markers(scene: Scene, context: Context) -> list[Marker]:
    return sorted(context.state.scene_markers(scene.id), key=attrgetter("seconds"))


class ScenePaths:
    """Addresses are given whether there is something behind them or not."""

    type_name = "ScenePathsType"

    def __init__(self, scene: Scene, context: Context):
        base = f"{context.origin}/scene/{scene.id}"
        file = context.state.primary_file(scene)
        hashed = f"{context.origin}/scene/{file.oshash if file else ''}"
        key = context.simulator.settings.api_key
        stamp = int(datetime.fromisoformat(scene.updated_at).timestamp())
        self.screenshot = f"{base}/screenshot?t={stamp}"
        self.preview = f"{base}/preview"
        self.webp = f"{base}/webp"
        self.stream = f"{base}/stream?apikey={key}" if key else f"{base}/stream"
        self.vtt = f"{hashed}_thumbs.vtt"
        self.sprite = f"{hashed}_sprite.jpg"
        self.funscript = f"{base}/funscript"
        self.interactive_heatmap = f"{base}/interactive_heatmap"
        self.caption = f"{base}/caption"


# --- files ---


class Fingerprint:
    type_name = "Fingerprint"

    def __init__(self, kind: str, value: str):
        self.type, self.value = kind, value


def _fingerprints(file: VideoFile, context: Context) -> list[Fingerprint]:
    known = {"oshash": file.oshash, "phash": file.phash}
    return [Fingerprint(kind, value) for kind, value in known.items() if value]


def _fingerprint(file: VideoFile, context: Context, type: str) -> str | None:
    return {"oshash": file.oshash, "phash": file.phash}.get(type)


def _parent_folder(folder: Folder, context: Context) -> Folder | None:
    return context.state.folders[folder.parent_id] if folder.parent_id else None


# --- markers ---


def _marker_address(name: str) -> Any:
    def address(marker: Marker, context: Context) -> str:
        return f"{context.origin}/scene/{marker.scene_id}/scene_marker/{marker.id}/{name}"

    return address


def _marker_count(tag: Tag, context: Context, depth: int | None = None) -> int:
    return sum(tag.id == marker.primary_tag_id or tag.id in marker.tag_ids for marker in context.state.markers.values())


RESOLVERS: Resolvers = {
    "Scene": {
        "tags": _tags,
        "performers": _performers,
        "studio": _studio,
        "scene_markers": _markers,
        "files": lambda scene, context: context.state.scene_files(scene),
        "paths": ScenePaths,
    },
    "VideoFile": {
        "parent_folder": lambda file, context: context.state.folders[file.folder_id],
        "fingerprints": _fingerprints,
        "fingerprint": _fingerprint,
    },
    "Folder": {"parent_folder": _parent_folder},
    "SceneMarker": {
        "scene": lambda marker, context: context.state.scenes[marker.scene_id],
        "primary_tag": lambda marker, context: context.state.tags[marker.primary_tag_id],
        "tags": _tags,
        **{name: _marker_address(name) for name in ("stream", "preview", "screenshot")},
    },
    "Tag": {
        "scene_count": lambda tag, context, depth=None: context.count_of("tag", attrgetter("tag_ids"), tag.id),
        "scene_marker_count": _marker_count,
        "parents": lambda tag, context: [context.state.tags[number] for number in tag.parent_ids],
        "children": lambda tag, context: [other for other in context.state.tags.values() if tag.id in other.parent_ids],
    },
    "Performer": {
        "tags": _tags,
        "scene_count": lambda performer, context: context.count_of(
            "performer", attrgetter("performer_ids"), performer.id
        ),
    },
    "Studio": {
        "tags": _tags,
        "parent_studio": lambda studio, context: context.state.studios.get(studio.parent_id),
        "child_studios": lambda studio, context: [
            other for other in context.state.studios.values() if other.parent_id == studio.id
        ],
        "scene_count": lambda studio, context, depth=None: context.count_of(
            "studio", lambda scene: [scene.studio_id], studio.id
        ),
    },
}
