"""Mutations of tags, performers and studios."""

from __future__ import annotations

from typing import Any

from ..graphql.context import Context
from ..graphql.errors import FOREIGN_KEY, ResolverError, existing, to_id, to_ids
from ..library.records import Performer, Studio, Tag
from ..library.state import LibraryState
from .name_rules import check_names, check_parent, check_performer, trimmed

Input = dict[str, Any]


def known_ids(table: dict[int, Any], texts: list[str] | None) -> list[int]:
    """The ids, each once, or the database's error when one is not in ``table``."""
    numbers = list(dict.fromkeys(to_ids(texts)))
    if any(number not in table for number in numbers):
        raise ResolverError(FOREIGN_KEY)
    return numbers


def known_id(table: dict[int, Any], text: str | None) -> int | None:
    return known_ids(table, [text])[0] if text is not None else None


def _values(state: LibraryState, given: Input) -> Input:
    """Input fields as the record's attributes; null for a text empties it."""
    values = {name: value for name, value in given.items() if name != "id"}
    if "tag_ids" in values:
        values["tag_ids"] = known_ids(state.tags, values["tag_ids"])
    if "parent_id" in values:
        values["parent_id"] = known_id(state.studios, values["parent_id"])
    return values


def _assign(record: Tag | Performer | Studio, values: Input) -> None:
    for name, value in values.items():
        if value is None and name not in ("rating100", "parent_id"):
            value = type(getattr(record, name))()
        setattr(record, name, value)


# --- tags ---


def tag_create(context: Context, input: Input) -> Tag:
    state, given = context.state, trimmed(input)
    check_names("tag", state.tags, given)
    values = _values(state, given)
    tag = Tag(id=state.new_id("tags"), name=values.pop("name"), **state.new_times())
    _assign(tag, values)
    state.add(tag)
    return tag


def tag_update(context: Context, input: Input) -> Tag:
    state, given = context.state, trimmed(input)
    tag = existing(state.tags, "tag", to_id(given["id"]))
    check_names("tag", state.tags, given, tag.id)
    _assign(tag, _values(state, given))
    state.touch(tag)
    return tag


def tag_destroy(context: Context, input: Input) -> bool:
    state = context.state
    tag = existing(state.tags, "tag", to_id(input["id"]))
    if any(marker.primary_tag_id == tag.id for marker in state.markers.values()):
        raise ResolverError("cannot delete tag used as a primary tag in scene markers")
    _replace_tag(state, tag.id, None)
    state.remove(tag)
    return True


def tags_merge(context: Context, input: Input) -> Tag:
    """The sources' names become aliases of the destination; no scene's ``updated_at`` changes."""
    state = context.state
    target = existing(state.tags, "tag", to_id(input["destination"]))
    sources = [existing(state.tags, "tag", to_id(text)) for text in input["source"]]
    if target in sources:
        raise ResolverError("cannot merge where source == destination")
    for source in sources:
        _replace_tag(state, source.id, target.id)
        target.aliases += [name for name in [source.name, *source.aliases] if name not in target.aliases]
        state.remove(source)
    state.touch(target)
    return target


def _replace_tag(state: LibraryState, old: int, new: int | None) -> None:
    """Everywhere, without anybody's ``updated_at`` changing."""
    holders: list[Any] = [
        *state.scenes.values(),
        *state.markers.values(),
        *state.performers.values(),
        *state.studios.values(),
    ]
    for record in holders:
        if old in record.tag_ids:
            kept = [number for number in record.tag_ids if number != old]
            record.tag_ids = [*kept, new] if new is not None and new not in kept else kept
            state.save(record)
    for marker in state.markers.values():
        if new is not None and marker.primary_tag_id == old:
            marker.primary_tag_id = new
            marker.tag_ids = [number for number in marker.tag_ids if number != new]
            state.save(marker)


# --- studios and performers ---


def studio_create(context: Context, input: Input) -> Studio:
    state, given = context.state, trimmed(input)
    check_names("studio", state.studios, given)
    values = _values(state, given)
    studio = Studio(id=state.new_id("studios"), name=values.pop("name"), **state.new_times())
    _assign(studio, values)
    state.add(studio)
    return studio


def studio_update(context: Context, input: Input) -> Studio:
    state, given = context.state, trimmed(input)
    studio = existing(state.studios, "studio", to_id(given["id"]))
    check_names("studio", state.studios, given, studio.id)
    values = _values(state, given)
    check_parent(state.studios, studio.id, values.get("parent_id"))
    _assign(studio, values)
    state.touch(studio)
    return studio


def performer_create(context: Context, input: Input) -> Performer:
    state, given = context.state, trimmed(input)
    check_performer(state.performers.values(), given["name"], given.get("disambiguation") or "")
    values = _values(state, given)
    performer = Performer(id=state.new_id("performers"), name=values.pop("name"), **state.new_times())
    _assign(performer, values)
    state.add(performer)
    return performer


def performer_update(context: Context, input: Input) -> Performer:
    state, given = context.state, trimmed(input)
    performer = existing(state.performers, "performer", to_id(given["id"]))
    name = given.get("name") or performer.name
    disambiguation = given.get("disambiguation", performer.disambiguation) or ""
    check_performer(state.performers.values(), name, disambiguation, performer.id)
    _assign(performer, _values(state, given))
    state.touch(performer)
    return performer
