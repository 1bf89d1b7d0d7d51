"""Fields of records that are more than an attribute."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from ..library.records import Marker, Scene, Tag
from .context import Context
from .execution import Resolver, Resolvers

BY_NAME = attrgetter("name")


def _tags(record: Any, context: Context) -> list[Tag]:
    tags = context.state.tags
    return sorted([tags[number] for number in record.tag_ids], key=BY_NAME)


# --- scenes ---


class ScenePaths:
    """Addresses are given whether there is something behind them or not."""

    type_name = "ScenePathsType"

    def __init__(self, scene: Scene, context: Context):
        base = f"{context.origin}/scene/{scene.id}"
        file = context.state.primary_file(scene)
        hashed = f"{context.origin}/scene/{file.oshash if file else ''}"
        key = context.simulator.settings.api_key
        timestamp = int(datetime.fromisoformat(scene.updated_at).timestamp())
        self.screenshot = f"{base}/screenshot?t={timestamp}"
        self.preview = f"{base}/preview"
        self.webp = f"{base}/webp"
        self.stream = f"{base}/stream?apikey={key}" if key else f"{base}/stream"
        self.vtt = f"{hashed}_thumbs.vtt"
        self.sprite = f"{hashed}_sprite.jpg"
        self.funscript = f"{base}/funscript"


# --- files ---


class Fingerprint:
    type_name = "Fingerprint"

    def __init__(self, kind: str, value: str):
        self.type, self.value = kind, value


# --- markers ---


def marker_address(name: str) -> Resolver:
    """Given whether there is something behind it or not."""

    def address(marker: Marker, context: Context) -> str:
        return f"{context.origin}/scene/{marker.scene_id}/scene_marker/{marker.id}/{name}"

    return address


RESOLVERS: Resolvers = {
    "Scene": {
        "tags": _tags,
        "performers": lambda scene, context: [context.state.performers[number] for number in scene.performer_ids],
        "studio": lambda scene, context: context.state.studios[scene.studio_id] if scene.studio_id else None,
        "scene_markers": lambda scene, context: sorted(
            context.state.scene_markers(scene.id), key=attrgetter("seconds")
        ),
        "files": lambda scene, context: context.state.scene_files(scene),
        "paths": ScenePaths,
    },
    "VideoFile": {
        "parent_folder": lambda file, context: context.state.folders[file.folder_id],
        "fingerprints": lambda file, context: [
            Fingerprint(kind, value) for kind, value in file.fingerprints.items() if value
        ],
        "fingerprint": lambda file, context, type: file.fingerprints.get(type),
    },
    "Folder": {
        "parent_folder": lambda folder, context: context.state.folders[folder.parent_id] if folder.parent_id else None
    },
    "SceneMarker": {
        "scene": lambda marker, context: context.state.scenes[marker.scene_id],
        "primary_tag": lambda marker, context: context.state.tags[marker.primary_tag_id],
        "tags": _tags,
        **{name: marker_address(name) for name in ("stream", "preview", "screenshot")},
    },
    "Tag": {
        "scene_count": lambda tag, context, depth=None: context.count_of("tag", attrgetter("tag_ids"), tag.id),
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
        "child_studios": lambda studio, context: sorted(
            (other for other in context.state.studios.values() if other.parent_id == studio.id), key=BY_NAME
        ),
        "scene_count": lambda studio, context, depth=None: context.count_of(
            "studio", lambda scene: [scene.studio_id], studio.id
        ),
    },
}
