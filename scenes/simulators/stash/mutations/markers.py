"""Mutations of markers. Doubles, and times before the start or after the end, are all accepted."""

from __future__ import annotations

from typing import Any

from ..graphql.context import Context
from ..graphql.errors import FOREIGN_KEY, ResolverError, not_found, to_id, to_ids
from ..library.records import Marker
from ..library.state import LibraryState
from .naming import known_ids

Input = dict[str, Any]


def marker_create(context: Context, input: Input) -> Marker:
    state = context.state
    scene_id = _scene_id(state, input["scene_id"])
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
    marker = _existing(state, input["id"])
    seconds = marker.seconds if input.get("seconds") is None else float(input["seconds"])
    end = input.get("end_seconds", marker.end_seconds)
    _check_end(seconds, end)
    primary = _primary_tag(state, input.get("primary_tag_id") or str(marker.primary_tag_id))
    tag_ids = known_ids(state.tags, input["tag_ids"]) if "tag_ids" in input else marker.tag_ids
    if input.get("scene_id") is not None:
        _move(state, marker, _scene_id(state, input["scene_id"]))
    marker.seconds, marker.end_seconds, marker.primary_tag_id = seconds, end, primary
    marker.tag_ids = [number for number in tag_ids if number != primary]
    if input.get("title") is not None:
        marker.title = input["title"]
    state.touch(marker)
    return marker


def marker_destroy(context: Context, id: str) -> bool:
    context.state.remove(_existing(context.state, id))
    return True


def markers_destroy(context: Context, ids: list[str]) -> bool:
    """All or nothing."""
    markers = [_existing(context.state, str(number)) for number in dict.fromkeys(to_ids(ids))]
    for marker in markers:
        context.state.remove(marker)
    return True


def _existing(state: LibraryState, text: str) -> Marker:
    number = to_id(text)
    if number not in state.markers:
        raise not_found("scene marker", number)
    return state.markers[number]


def _scene_id(state: LibraryState, text: str) -> int:
    number = to_id(text)
    if number not in state.scenes:
        raise not_found("scene", number)
    return number


def _primary_tag(state: LibraryState, text: str) -> int:
    number = to_id(text)
    if number not in state.tags:
        raise ResolverError(FOREIGN_KEY)
    return number


def _check_end(seconds: float, end: float | None) -> None:
    if end is not None and end < seconds:
        raise ResolverError(f"end_seconds ({end:f}) must be greater than or equal to seconds ({seconds:f})")


def _move(state: LibraryState, marker: Marker, scene_id: int) -> None:
    state.markers_of[marker.scene_id].remove(marker.id)
    state.markers_of[scene_id].append(marker.id)
    marker.scene_id = scene_id
