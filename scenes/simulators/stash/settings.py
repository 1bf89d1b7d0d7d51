"""How one simulator is set up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

VIDEO_EXTENSIONS = ["m4v", "mp4", "mov", "wmv", "avi", "mpg", "mpeg", "rmvb", "rm", "flv", "asf", "mkv", "webm", "f4v"]


@dataclass
class SimulatedPlugin:
    """``run`` is given the name of the task and its arguments; the text that it returns is the plugin's error."""

    id: str
    tasks: list[str]
    name: str = "A plugin"
    enabled: bool = True
    seconds: float = 0.0
    run: Callable[[str, dict[str, Any]], str | None] = lambda task, arguments: None


@dataclass
class Settings:
    """``seconds_per_item``: how long one file of a scan, or one preview, takes. ``latency``: seconds added to
    each answer. ``status``: as `systemStatus` has it; all other questions are answered with errors unless it is OK.
    ``without_video``, ``without_images``: those of the libraries in which Stash takes none. ``excludes``: regular
    expressions, in which upper and lower case are alike, of paths of videos that a scan passes over in silence.
    ``ui``: a free map, such as {"vrTag": "VR"}.
    """

    libraries: list[str] = field(default_factory=list)
    without_video: list[str] = field(default_factory=list)
    without_images: list[str] = field(default_factory=list)
    api_key: str | None = None
    zone: str = "UTC"
    seconds_per_item: float = 0.05
    latency: float = 0.0
    status: str = "OK"  # or SETUP, NEEDS_MIGRATION
    video_extensions: list[str] = field(default_factory=lambda: list(VIDEO_EXTENSIONS))
    image_extensions: list[str] = field(default_factory=lambda: ["png", "jpg", "jpeg", "gif", "webp", "avif"])
    gallery_extensions: list[str] = field(default_factory=lambda: ["zip", "cbz"])
    excludes: list[str] = field(default_factory=list)
    image_excludes: list[str] = field(default_factory=list)
    # A plugin's hook: the new path of a file that was just scanned, or None to leave it.
    renamed_by_plugin: Callable[[str], str | None] | None = None
    # Endpoints of stash-boxes; what each knows, by a file's name: title, details, date, studio, performers, tags.
    stash_boxes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    stash_boxes_away: set[str] = field(default_factory=set)
    # As `configuration.defaults` has them; None until somebody saved them in Stash's own pages.
    default_identify: dict[str, Any] | None = None
    default_auto_tag: dict[str, Any] | None = None
    plugins: list[SimulatedPlugin] = field(default_factory=list)
    ui: dict[str, Any] = field(default_factory=dict)
