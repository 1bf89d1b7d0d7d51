"""The shapes of what Stash answers, as StashHog uses them.

Ids are Stash's, texts of digits. Times are **raw**: text in the zone that Stash had when it wrote them, to be
compared for equality only. Sizes are bytes, durations seconds, ``rating100`` 1 to 100. Scene rows are plain
dicts, since there may be a hundred thousand of them; they are checked while they are parsed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, FiniteFloat
from typing_extensions import TypedDict

Id = Annotated[str, Field(pattern=r"^[0-9]{1,18}\z")]  # what fits into a column; Stash counts from 1
UpdatedAtById = dict[str, str]  # id → raw updated_at


class Ref(TypedDict):
    id: Id


class FingerprintRow(TypedDict):
    type: str  # "oshash", "md5", "phash"
    value: str  # hexadecimal


class FileRow(TypedDict):
    id: Id
    path: str  # as Stash sees it
    basename: str
    size: int
    duration: float
    width: int
    height: int
    frame_rate: float
    bit_rate: int  # bits/s
    video_codec: str
    updated_at: str
    fingerprints: list[FingerprintRow]


class MarkerRow(TypedDict):
    id: Id
    title: str
    seconds: FiniteFloat
    end_seconds: FiniteFloat | None
    primary_tag: Ref
    updated_at: str


class PathsRow(TypedDict):
    """Addresses of what may have been generated; given whether or not it is there."""

    screenshot: str | None
    preview: str | None
    sprite: str | None


class SceneRow(TypedDict):
    """A scene with everything that StashHog keeps of it. No files: its file was deleted."""

    id: Id
    title: str | None  # mostly "" rather than null
    details: str | None
    date: str | None  # YYYY-MM-DD
    code: str | None
    organized: bool
    rating100: int | None
    created_at: str
    updated_at: str
    files: list[FileRow]
    paths: PathsRow
    studio: Ref | None
    tags: list[Ref]
    performers: list[Ref]
    scene_markers: list[MarkerRow]


class TagRow(TypedDict):
    id: Id
    name: str
    aliases: list[str]
    ignore_auto_tag: bool
    updated_at: str


class PerformerRow(TypedDict):
    id: Id
    name: str
    disambiguation: str | None
    aliases: list[str]
    ignore_auto_tag: bool
    updated_at: str


class StudioRow(TypedDict):
    id: Id
    name: str
    aliases: list[str]
    parent_studio: Ref | None
    ignore_auto_tag: bool
    updated_at: str


@dataclass(frozen=True)
class Counts:
    """How many there are in Stash."""

    scenes: int
    markers: int
    tags: int
    performers: int
    studios: int


@dataclass(frozen=True)
class MarkerUpdatedAt:
    updated_at: str
    scene_id: str


@dataclass(frozen=True)
class Changes:
    """What may have changed since a safe watermark: rows to compare with ours, since the time is a wide one.

    ``files``: scene id → ``updated_at`` of all files of a scene of which one has changed. ``known``: scene id → raw
    ``created_at`` of those of a few scenes that there are; it tells one library from another.
    """

    counts: Counts
    scenes: UpdatedAtById
    files: dict[str, UpdatedAtById]
    markers: dict[str, MarkerUpdatedAt]
    tags: UpdatedAtById
    performers: UpdatedAtById
    studios: UpdatedAtById
    known: dict[str, str]


@dataclass(frozen=True)
class StashTag:
    id: str
    name: str


@dataclass(frozen=True)
class MarkerInStash:
    id: str
    title: str
    seconds: float
    end_seconds: float | None
    primary_tag_id: str
    tag_ids: frozenset[str]


@dataclass(frozen=True)
class SceneInStash:
    """What a change needs to know of a scene. ``details``: None where they were not asked for."""

    id: str
    tag_ids: frozenset[str]
    markers: tuple[MarkerInStash, ...]
    performer_ids: frozenset[str] = frozenset()
    studio_id: str | None = None
    details: str | None = None
