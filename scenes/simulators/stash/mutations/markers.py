"""Mutations of markers. Doubles, and times before the start or after the end, are all accepted."""

from __future__ import annotations

from typing import Any

from ..graphql.context import Context
from ..graphql.errors import FOREIGN_KEY, ResolverError, existing, to_id, to_ids
from ..library.records import Marker
from ..library.state import LibraryState
from .naming import known_ids

Input = dict[str, Any]
NOUN = "scene marker"


def marker_create(context: Context, input: Input) -> Marker:
    state = context.state
    scene_id = existing(state.scenes, "scene", to_id(input["scene_id"])).id
    primary = _primary_tag(state, input["primary_tag_id"])
    _check_end(input["seconds"], input.get("end_seconds"))
    tag_ids = [number for number in known_ids(state.tags, input.get("tag_ids")) if number != primary]
    marker = Marker(
        id=state.new_id("markers"),
        scene_id=scene_id,
        title=input["title"],
        seconds=float(input["seconds"]),
        end_seconds=input.get("end_seconds"),
        primary_tag_id=primary,
        tag_ids=tag_ids,
        **state.new_times(),
    )
    state.add(marker)
    return marker


def marker_update(context: Context, input: Input) -> Marker:
    state = context.state
    marker = existing(state.markers, NOUN, to_id(input["id"]))
    seconds = marker.seconds if input.get("seconds") is None else float(input["seconds"])
    end = input.get("end_seconds", marker.end_seconds)
    _check_end(seconds, end)
    primary = _primary_tag(state, input.get("primary_tag_id") or str(marker.primary_tag_id))
    tag_ids = known_ids(state.tags, input["tag_ids"]) if "tag_ids" in input else marker.tag_ids
    if input.get("scene_id") is not None:
        state.move_marker(marker, existing(state.scenes, "scene", to_id(input["scene_id"])).id)
    marker.seconds, marker.end_seconds, marker.primary_tag_id = seconds, end, primary
    marker.tag_ids = [number for number in tag_ids if number != primary]
    if input.get("title") is not None:
        marker.title = input["title"]
    state.touch(marker)
    return marker


def marker_destroy(context: Context, id: str) -> bool:
    context.state.remove(existing(context.state.markers, NOUN, to_id(id)))
    return True


def markers_destroy(context: Context, ids: list[str]) -> bool:
    """All or nothing."""
    markers = [existing(context.state.markers, NOUN, number) for number in dict.fromkeys(to_ids(ids))]
    for marker in markers:
        context.state.remove(marker)
    return True


def _primary_tag(state: LibraryState, text: str) -> int:
    number = to_id(text)
    if number not in state.tags:
        raise ResolverError(FOREIGN_KEY)
    return number


def _check_end(seconds: float, end: float | None) -> None:
    if end is not None and end < seconds:
        raise ResolverError(f"end_seconds ({end:f}) must be greater than or equal to seconds ({seconds:f})")
