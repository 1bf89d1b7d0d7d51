"""A scene as Stash gives it → the values of our rows, in the order of the field names beside them."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jobs.errors import JobError
from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.rows import FileRow, MarkerRow, SceneRow
from scenes.sync.remote_times import parse_time, reliable_updated_at

SCENE = (
    "id", "title", "file_name", "details", "code", "date", "rating", "organized", "created_at", "remote_updated_at",
    "screenshot_path", "studio",
)  # fmt: skip
FILE = (
    "id", "scene", "position", "path", "size", "duration", "width", "height", "frame_rate", "bit_rate", "video_codec",
    "oshash", "phash", "remote_updated_at",
)  # fmt: skip
SMALLEST_COLUMN, COLUMN, BIG_COLUMN = 2**15 - 1, 2**31 - 1, 2**63 - 1  # the largest numbers that PostgreSQL keeps
MARKER = ("id", "scene", "title", "seconds", "end_seconds", "primary_tag", "remote_updated_at")


def scene_values(row: SceneRow, asked_at: datetime) -> tuple[Any, ...]:
    """Values for SCENE."""
    return (
        int(row["id"]),
        clean_text(row["title"]),
        clean_text(row["files"][0]["basename"] if row["files"] else ""),
        clean_text(row["details"]),
        clean_text(row["code"]),
        clean_text(row["date"], 10),
        None if row["rating100"] is None else clamped(row["rating100"], SMALLEST_COLUMN),
        row["organized"],
        parse_created_at(row["id"], row["created_at"]),
        reliable_updated_at(row["updated_at"], asked_at),
        below_address(row["paths"]["screenshot"]),
        int(row["studio"]["id"]) if row["studio"] else None,
    )


def display_name(row: SceneRow) -> str:
    """What people call the scene: its title, else the name of its file."""
    return row["title"] or (row["files"][0]["basename"] if row["files"] else f"Scene {row['id']}")


def file_values(row: FileRow, scene_id: int, position: int, asked_at: datetime) -> tuple[Any, ...]:
    """Values for FILE."""
    prints = {item["type"]: item["value"] for item in row["fingerprints"]}
    return (
        int(row["id"]),
        scene_id,
        clamped(position, SMALLEST_COLUMN),
        clean_text(row["path"]),
        clamped(row["size"], BIG_COLUMN),
        finite(row["duration"]),
        clamped(row["width"], COLUMN),
        clamped(row["height"], COLUMN),
        finite(row["frame_rate"]),
        clamped(row["bit_rate"], BIG_COLUMN),
        clean_text(row["video_codec"], 50),
        clean_text(prints.get("oshash"), 32),
        clean_text(prints.get("phash"), 32),
        reliable_updated_at(row["updated_at"], asked_at),
    )


def marker_values(row: MarkerRow, scene_id: int, asked_at: datetime) -> tuple[Any, ...]:
    """Values for MARKER."""
    return (
        int(row["id"]),
        scene_id,
        clean_text(row["title"]),
        row["seconds"],
        row["end_seconds"],
        int(row["primary_tag"]["id"]),
        reliable_updated_at(row["updated_at"], asked_at),
    )


def parse_created_at(scene_id: str, raw: str) -> datetime:
    """When Stash first saw the scene. Raises JobError ``bad_answer`` for what is no time with a zone."""
    moment = parse_time(raw)
    if moment is None:
        text = _("Stash gave a time that is none: scene {id}: created_at is {time}.", id=scene_id, time=repr(raw[:40]))
        raise JobError("bad_answer", text)
    return moment


def clamped(value: int, most: int) -> int:
    """The number as the column takes it. What no film has costs that value alone, not the sync of the others."""
    return value if 0 <= value <= most else max(0, min(value, most))


def finite(value: float) -> float:
    """0, as for unknown, for what is no number."""
    return value if math.isfinite(value) else 0.0


def clean_text(value: str | None, length: int | None = None) -> str:
    """Text as both databases take it: no null characters, and no longer than the column."""
    return value.replace("\0", "")[:length] if value else ""


def below_address(url: str | None) -> str:
    """What of an output's URL lies below the address of Stash, without the key; "" for none."""
    start = (url or "").find("/scene/")
    if url is None or start < 0:
        return ""
    path, _sign, query = url[start:].partition("?")
    if "apikey" in query.lower():
        query = urlencode([(name, value) for name, value in parse_qsl(query) if name.lower() != "apikey"])
    return f"{path}?{query}" if query else path
