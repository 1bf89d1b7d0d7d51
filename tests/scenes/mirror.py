"""What Stash has and what we have of it, in one shape, to be compared as a whole."""

from __future__ import annotations

from typing import Any

from scenes.models import Scene
from scenes.simulators.stash import RunningStash


def ours() -> dict[int, dict[str, Any]]:
    """Our scenes by id, without the deleted ones."""
    scenes = Scene.objects.present().select_related("studio")
    return {scene.pk: _ours(scene) for scene in scenes.prefetch_related("tags", "performers", "files", "markers")}


def _ours(scene: Scene) -> dict[str, Any]:
    return {
        "title": scene.title,
        "details": scene.details,
        "remote_updated_at": scene.remote_updated_at,
        "studio": scene.studio.name if scene.studio else None,
        "tags": sorted(tag.name for tag in scene.tags.all()),
        "performers": sorted(performer.name for performer in scene.performers.all()),
        "files": [(file.pk, file.path, file.oshash, file.duration) for file in scene.files.all()],
        "markers": sorted(
            (marker.pk, marker.title, marker.seconds, marker.end_seconds, marker.primary_tag.name)
            for marker in scene.markers.all()
        ),
    }


def theirs(stash: RunningStash) -> dict[int, dict[str, Any]]:
    """Stash's scenes by id."""
    dumped = stash.dump()
    files = {file["path"]: file for file in dumped["files"]}
    return {row["id"]: _theirs(row, files) for row in dumped["scenes"]}


def _theirs(row: dict[str, Any], files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": row["title"],
        "details": row["details"],
        "remote_updated_at": row["updated_at"],
        "studio": row["studio"],
        "tags": row["tags"],
        "performers": row["performers"],
        "files": [(files[path]["id"], path, files[path]["oshash"], files[path]["duration"]) for path in row["files"]],
        "markers": sorted(
            (marker["id"], marker["title"], marker["seconds"], marker["end_seconds"], marker["primary_tag"])
            for marker in row["markers"]
        ),
    }
