"""The fields of ``Query``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..jobs.queue import Job
from ..library.records import LogEntry, VideoFile
from ..settings import SimulatedPlugin
from .context import Context
from .errors import ResolverError, to_id
from .execution import Resolver
from .finding import FindResult, find

SCHEMA_VERSION = 75
SOURCE = ("stash_box_index", "stash_box_endpoint", "scraper_id")
FIELD_OPTIONS = ("field", "strategy", "createMissing")
OPTIONS = (
    "fieldOptions", "setCoverImage", "setOrganized", "includeMalePerformers", "skipMultipleMatches",
    "skipMultipleMatchTag", "skipSingleNamePerformers", "skipSingleNamePerformerTag",
)  # fmt: skip
IDENTIFY_OPTIONS = ("sources", "source", "options", *SOURCE, *OPTIONS, *FIELD_OPTIONS)
AUTO_TAG_OPTIONS = ("performers", "studios", "tags")


@dataclass(slots=True)
class AdHocRecord:
    """A record made up for one answer: its fields are attributes."""

    values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


def _find_many(field: str, kind: str, filter_name: str | None) -> Resolver:
    def resolve(context: Context, filter: Any = None, ids: Any = None, **arguments: Any) -> FindResult:
        return find(context, field, kind, arguments.get(filter_name or ""), filter, ids)

    return resolve


def _find_one(kind: str) -> Callable:
    def resolve(context: Context, id: str | None = None) -> Any:
        return context.state.table(kind).get(to_id(id)) if id is not None else None

    return resolve


def find_file(context: Context, id: str | None = None, path: str | None = None) -> VideoFile:
    """Exact, byte by byte, unlike the filters on paths."""
    state = context.state
    file = state.files.get(to_id(id)) if id is not None else state.file_by_path.get(path or "")
    if file is None:
        raise ResolverError("file not found" if id is None else f"file with id {id} not found")
    return file


def stats(context: Context) -> AdHocRecord:
    state = context.state
    return AdHocRecord(
        {
            "scene_count": len(state.scenes),
            "scenes_size": float(sum(file.size for file in state.files.values())),
            "tag_count": len(state.tags),
            "performer_count": len(state.performers),
            "studio_count": len(state.studios),
        }
    )


def logs(context: Context) -> list[LogEntry]:
    return list(context.simulator.log.entries)


def configuration(context: Context) -> AdHocRecord:
    simulator = context.simulator
    settings = simulator.settings
    stashes = [
        AdHocRecord(
            {
                "path": path,
                "excludeVideo": path in settings.without_video,
                "excludeImage": path in settings.without_images,
            }
        )
        for path in settings.libraries
    ]
    general = {
        "stashes": stashes,
        "videoExtensions": settings.video_extensions,
        "imageExtensions": settings.image_extensions,
        "galleryExtensions": settings.gallery_extensions,
        "excludes": settings.excludes,
        "imageExcludes": settings.image_excludes,
        "stashBoxes": [
            AdHocRecord({"endpoint": endpoint, "api_key": "", "name": "", "max_requests_per_minute": 0})
            for endpoint in settings.stash_boxes
        ],
    }
    defaults = {
        "identify": recorded(settings.default_identify, IDENTIFY_OPTIONS),
        "autoTag": recorded(settings.default_auto_tag, AUTO_TAG_OPTIONS),
    }
    return AdHocRecord({"general": AdHocRecord(general), "defaults": AdHocRecord(defaults), "ui": settings.ui})


def recorded(value: Any, names: tuple[str, ...]) -> Any:
    """A setting as it is answered: null where it, or a part of it, was never set."""
    if isinstance(value, list):
        return [recorded(part, names) for part in value]
    if not isinstance(value, dict):
        return value
    return AdHocRecord({name: recorded(value.get(name), names) for name in names})


def plugins(context: Context) -> list[AdHocRecord] | None:
    """Null when there are none."""
    return [plugin_record(plugin) for plugin in context.simulator.settings.plugins] or None


def plugin_tasks(context: Context) -> list[AdHocRecord] | None:
    found = [task for plugin in plugins(context) or [] for task in plugin.tasks or []]
    return found or None


def plugin_record(plugin: SimulatedPlugin) -> AdHocRecord:
    record = AdHocRecord({"id": plugin.id, "name": plugin.name, "enabled": plugin.enabled, "tasks": None})
    tasks = [AdHocRecord({"name": name, "description": "", "plugin": record}) for name in plugin.tasks]
    record.values["tasks"] = tasks or None
    return record


def directory(context: Context, path: str | None = None, locale: str = "en") -> AdHocRecord:
    folder = Path(path or Path.home())
    try:
        names = sorted(str(entry) for entry in folder.iterdir() if entry.is_dir())
    except OSError as error:
        raise ResolverError(f"open {folder}: no such file or directory") from error
    parent = None if folder == folder.parent else str(folder.parent)
    return AdHocRecord({"path": str(folder), "parent": parent, "directories": names})


def system_status(context: Context) -> AdHocRecord:
    status = context.simulator.settings.status
    return AdHocRecord(
        {
            "databaseSchema": {"SETUP": None, "NEEDS_MIGRATION": SCHEMA_VERSION - 1}.get(status, SCHEMA_VERSION),
            "appSchema": SCHEMA_VERSION,
            "status": status,
        }
    )


def version(context: Context) -> AdHocRecord:
    return AdHocRecord({"version": "v0.30.1", "hash": "simulator"})


def job_queue(context: Context) -> list[Job] | None:
    return context.simulator.jobs.queue() or None


def find_job(context: Context, input: dict[str, Any]) -> Job | None:
    return context.simulator.jobs.find(to_id(input["id"]))


QUERIES: dict[str, Resolver] = {
    "findFile": find_file,
    "findFiles": _find_many("findFiles", "files", "file_filter"),
    "findScene": _find_one("scenes"),
    "findScenes": _find_many("findScenes", "scenes", "scene_filter"),
    "findSceneMarkers": _find_many("findSceneMarkers", "markers", "scene_marker_filter"),
    "findPerformers": _find_many("findPerformers", "performers", "performer_filter"),
    "findStudios": _find_many("findStudios", "studios", "studio_filter"),
    "findTag": _find_one("tags"),
    "findTags": _find_many("findTags", "tags", "tag_filter"),
    "stats": stats,
    "logs": logs,
    "configuration": configuration,
    "directory": directory,
    "systemStatus": system_status,
    "version": version,
    "jobQueue": job_queue,
    "findJob": find_job,
    "plugins": plugins,
    "pluginTasks": plugin_tasks,
}
