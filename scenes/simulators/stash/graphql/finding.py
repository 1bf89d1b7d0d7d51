"""The ``find…`` queries over lists: filter, order, page."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..library.records import Scene, Tag
from ..library.state import LibraryState
from .context import Context
from .errors import ResolverError, existing, to_ids

PER_PAGE = 25
NOUNS = {
    "scenes": "scene",
    "files": "file",
    "markers": "scene marker",
    "tags": "tag",
    "performers": "performer",
    "studios": "studio",
}


@dataclass(slots=True)
class FindResult:
    """``rows``: those of the page; ``count``: how many the filter lets through, or so it is claimed."""

    rows: list[Any]
    count: int


for plural in ("scenes", "files", "scene_markers", "tags", "performers", "studios"):
    setattr(FindResult, plural, property(lambda self: self.rows))


def find(
    context: Context,
    field: str,
    kind: str,
    given: dict[str, Any] | None,
    paging: dict[str, Any] | None,
    ids: list[str] | None,
) -> FindResult:
    if ids is not None:
        # Neither sorted nor paged, and one unknown id fails them all.
        matching = [existing(context.state.table(kind), NOUNS[kind], number) for number in to_ids(ids)]
        return _result(context, field, matching, matching)
    paging = paging or {}
    test = context.filters.test(kind, given)
    matching = [record for record in context.state.table(kind).values() if test(record)]
    if paging.get("q"):
        words = paging["q"].lower().split()
        matching = [
            record for record in matching if all(word in searched_text(context.state, record) for word in words)
        ]
    return _result(context, field, matching, page(ordered(context.state, kind, matching, paging), paging))


def _result(context: Context, field: str, matching: list[Any], rows: list[Any]) -> FindResult:
    sent, missing = context.cut(field, rows)
    return FindResult(sent, len(matching) - missing)


def page(rows: list[Any], paging: dict[str, Any]) -> list[Any]:
    """The rows of the page asked for; a negative ``per_page`` means all, 0 none."""
    size = paging.get("per_page")
    size = PER_PAGE if size is None else size
    if size < 0:
        return rows
    start = (max(paging.get("page") or 1, 1) - 1) * size
    return rows[start : start + size]


def searched_text(state: LibraryState, record: Any) -> str:
    """What the free text search looks at."""
    if isinstance(record, Scene):
        return " ".join([record.title, record.details, *(file.path for file in state.scene_files(record))]).lower()
    if isinstance(record, Tag):
        return " ".join([record.name, *record.aliases]).lower()
    return str(getattr(record, "name", None) or getattr(record, "title", None) or record.id).lower()


# --- order ---

Key = Callable[[Any], Any]
PLAIN = {
    "scenes": ["created_at", "updated_at", "title", "date", "rating100", "organized", "play_count", "play_duration"],
    "files": ["created_at", "updated_at", "path", "basename", "size", "mod_time", "duration"],
    "markers": ["created_at", "updated_at", "title", "seconds", "scene_id"],
    "tags": ["created_at", "updated_at", "name"],
    "performers": ["created_at", "updated_at", "name"],
    "studios": ["created_at", "updated_at", "name"],
}


def ordered(state: LibraryState, kind: str, rows: list[Any], paging: dict[str, Any]) -> list[Any]:
    """Nulls first, the id last. Without ``sort`` another order each time, so that nobody relies on one."""
    sort = paging.get("sort")
    backward = paging.get("direction") == "DESC"
    if not sort or sort.startswith("random"):
        return random.sample(rows, len(rows))
    if sort == "id":
        return sorted(rows, key=lambda record: record.id, reverse=backward)
    key = sort_key(state, kind, sort)

    def nulls_first(record: Any) -> tuple[bool, Any, int]:
        value = key(record)
        return value is not None, 0 if value is None else value, record.id

    return sorted(rows, key=nulls_first, reverse=backward)


def sort_key(state: LibraryState, kind: str, sort: str) -> Key:
    """What rows are sorted by. Raises ResolverError for what is no column."""
    if sort in PLAIN[kind]:
        return lambda record: getattr(record, sort)
    of_scene: dict[str, Key] = {
        "path": lambda scene: _of_file(state, scene, "path"),
        "filesize": lambda scene: _of_file(state, scene, "size"),
        "duration": lambda scene: _of_file(state, scene, "duration"),
        "file_mod_time": lambda scene: _of_file(state, scene, "mod_time"),
        "tag_count": lambda scene: len(scene.tag_ids),
    }
    if kind != "scenes" or sort not in of_scene:
        raise ResolverError(f"invalid sort: {sort}")
    return of_scene[sort]


def _of_file(state: LibraryState, scene: Scene, name: str) -> Any:
    file = state.primary_file(scene)
    return getattr(file, name) if file else None
