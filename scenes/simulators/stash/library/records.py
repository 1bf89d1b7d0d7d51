"""What a library consists of. Attributes have the names of the GraphQL fields where there is one.

Ids are numbers in here and strings on the wire. Times are texts, written once in the zone that the server
had then (see ``timestamps``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(slots=True)
class Folder:
    type_name: ClassVar[str] = "Folder"
    id: int
    path: str
    parent_id: int | None
    mod_time: str
    created_at: str
    updated_at: str


@dataclass(slots=True)
class VideoFile:
    """``imaginary``: made up by ``seeding``; there is nothing on the disk."""

    type_name: ClassVar[str] = "VideoFile"
    id: int
    path: str
    folder_id: int
    size: int
    mod_time: str
    oshash: str
    format: str
    width: int
    height: int
    duration: float
    video_codec: str
    audio_codec: str
    frame_rate: float
    bit_rate: int
    created_at: str
    updated_at: str
    phash: str | None = None
    imaginary: bool = False

    @property
    def basename(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def fingerprints(self) -> dict[str, str | None]:
        """By their kinds; None for one that was not made yet."""
        return {"oshash": self.oshash, "phash": self.phash}


@dataclass(slots=True)
class Scene:
    type_name: ClassVar[str] = "Scene"
    id: int
    created_at: str
    updated_at: str
    title: str = ""
    code: str = ""
    details: str = ""
    urls: list[str] = field(default_factory=list)
    date: str | None = None
    rating100: int | None = None
    organized: bool = False
    o_counter: int = 0
    resume_time: float = 0.0
    play_duration: float = 0.0
    play_count: int = 0
    has_cover: bool = False
    file_ids: list[int] = field(default_factory=list)
    tag_ids: list[int] = field(default_factory=list)
    performer_ids: list[int] = field(default_factory=list)
    studio_id: int | None = None


@dataclass(slots=True)
class Marker:
    type_name: ClassVar[str] = "SceneMarker"
    id: int
    scene_id: int
    title: str
    seconds: float
    end_seconds: float | None
    primary_tag_id: int
    tag_ids: list[int]
    created_at: str
    updated_at: str


@dataclass(slots=True)
class Tag:
    type_name: ClassVar[str] = "Tag"
    id: int
    name: str
    created_at: str
    updated_at: str
    description: str = ""
    aliases: list[str] = field(default_factory=list)
    ignore_auto_tag: bool = False


@dataclass(slots=True)
class Performer:
    type_name: ClassVar[str] = "Performer"
    id: int
    name: str
    created_at: str
    updated_at: str
    disambiguation: str = ""
    urls: list[str] = field(default_factory=list)
    alias_list: list[str] = field(default_factory=list)
    ignore_auto_tag: bool = False
    tag_ids: list[int] = field(default_factory=list)
    rating100: int | None = None
    details: str = ""


@dataclass(slots=True)
class Studio:
    type_name: ClassVar[str] = "Studio"
    id: int
    name: str
    created_at: str
    updated_at: str
    urls: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    parent_id: int | None = None
    tag_ids: list[int] = field(default_factory=list)
    ignore_auto_tag: bool = False
    rating100: int | None = None
    details: str = ""


@dataclass(slots=True)
class LogEntry:
    type_name: ClassVar[str] = "LogEntry"
    time: str
    level: str
    message: str


Record = Folder | VideoFile | Scene | Marker | Tag | Performer | Studio
