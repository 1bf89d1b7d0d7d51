"""What is written to Stash. Every method sends one request of at most 20 s in all, and is never abandoned.

(``create_tag`` may read once more.) So a caller can make sure before each call that its claim outlives it,
and record the outcome after each. A ``timeout`` means that the write may still have been done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired

from pydantic import FiniteFloat
from typing_extensions import TypedDict

from scenes.clients.base import ServiceError
from scenes.clients.stash_reading import Found, Stamped, StashReading
from scenes.clients.stash_rows import Id, MarkerState, Ref, SceneState, Stamps, Tag, TagRow
from scenes.clients.stash_transport import Outcome

BULK = 10_000  # scenes in one bulk update: 3,500/s, so well within the 20 s of a write

Mode = Literal["ADD", "REMOVE"]


class SceneFields(TypedDict):
    """What ``update_scene`` may set; only what is given is changed. None empties a date or a studio."""

    title: NotRequired[str]
    details: NotRequired[str]
    date: NotRequired[str | None]  # YYYY-MM-DD
    studio_id: NotRequired[str | None]


@dataclass(frozen=True)
class TagChange:
    """Tags to add to one scene, or to take off it."""

    scene_id: str
    tag_ids: tuple[str, ...]
    mode: Mode = "ADD"


@dataclass(frozen=True)
class NewMarker:
    """A marker to create. Times are seconds; Stash refuses only an end before the start."""

    scene_id: str
    title: str
    seconds: float
    primary_tag_id: str
    end_seconds: float | None = None
    tag_ids: tuple[str, ...] = ()

    def as_input(self) -> dict[str, object]:
        """Stash's ``SceneMarkerCreateInput``."""
        return {
            "scene_id": self.scene_id,
            "title": self.title,
            "seconds": self.seconds,
            "end_seconds": self.end_seconds,
            "primary_tag_id": self.primary_tag_id,
            "tag_ids": list(self.tag_ids),
        }


class MarkerOfState(TypedDict):
    id: Id
    title: str
    seconds: FiniteFloat
    end_seconds: FiniteFloat | None
    primary_tag: Ref
    tags: list[Ref]


class StateRow(TypedDict):
    id: Id
    updated_at: str
    title: str | None
    details: str | None
    date: str | None
    studio: Ref | None
    tags: list[Ref]
    performers: list[Ref]
    markers: list[MarkerOfState]


class BulkAnswer(TypedDict):
    scenes: list[Stamped] | None


class NamedTag(TypedDict):
    id: Id
    name: str


class TagAnswer(TypedDict):
    tag: NamedTag


class StashWriting(StashReading):
    """Writes, and the reading of a scene's state around them."""

    def scene_states(self, ids: Iterable[str]) -> dict[str, SceneState]:
        """Id → what the scenes are like now; those that Stash does not know are left out."""
        rows, _unknown = self.known_ids_only(
            ids, lambda known: self.ask("SceneStates", Found[StateRow], {"ids": known})["found"]["rows"]
        )
        return {row["id"]: _state(row) for row in rows}

    def add_tags(self, scene_ids: Iterable[str], tag_ids: Iterable[str]) -> Stamps:
        """Add all these tags to all these scenes (at most BULK), all or nothing; the scenes' new stamps."""
        return self._bulk(scene_ids, "tag_ids", tag_ids, "ADD")

    def remove_tags(self, scene_ids: Iterable[str], tag_ids: Iterable[str]) -> Stamps:
        """Take all these tags off all these scenes, all or nothing; the scenes' new stamps."""
        return self._bulk(scene_ids, "tag_ids", tag_ids, "REMOVE")

    def add_performers(self, scene_ids: Iterable[str], performer_ids: Iterable[str]) -> Stamps:
        """As ``add_tags``, for performers."""
        return self._bulk(scene_ids, "performer_ids", performer_ids, "ADD")

    def remove_performers(self, scene_ids: Iterable[str], performer_ids: Iterable[str]) -> Stamps:
        """As ``remove_tags``, for performers."""
        return self._bulk(scene_ids, "performer_ids", performer_ids, "REMOVE")

    def _bulk(self, scene_ids: Iterable[str], field: str, values: Iterable[str], mode: Mode) -> Stamps:
        ids, members = list(dict.fromkeys(scene_ids)), list(dict.fromkeys(values))
        if not ids or not members or len(ids) > BULK:
            raise ValueError(f"{len(ids)} scenes and {len(members)} {field}: 1 to {BULK} scenes, 1 or more others")
        change = {"ids": ids, field: {"ids": members, "mode": mode}}
        scenes = self.ask("BulkSceneUpdate", BulkAnswer, {"input": change}, write=True)["scenes"]
        stamps = {row["id"]: row["updated_at"] for row in scenes or []}
        if stamps.keys() != set(ids):
            raise self.error("bad_answer", f"changed {len(stamps)} scenes instead of {len(ids)}.")
        return stamps

    def change_tags(self, changes: Sequence[TagChange]) -> list[Outcome[str]]:
        """Different tags for different scenes, at most PER_REQUEST; the new stamp or the error of each."""
        items = [_tag_change(change) for change in changes]
        outcomes = self.ask_each("EachBulkSceneUpdate", list[Stamped], items, write=True)
        return [self._only_stamp(outcome) for outcome in outcomes]

    def _only_stamp(self, outcome: Outcome[list[Stamped]]) -> Outcome[str]:
        if outcome.error:
            return Outcome(error=outcome.error)
        if not outcome.value:
            return Outcome(error=self.error("bad_answer", "changed no scene and did not say why."))
        return Outcome(outcome.value[0]["updated_at"])

    def update_scene(self, scene_id: str, fields: SceneFields) -> str:
        """Set some fields of one scene; its new stamp."""
        (outcome,) = self.update_scenes([(scene_id, fields)])
        return _value(outcome)

    def update_scenes(self, changes: Sequence[tuple[str, SceneFields]]) -> list[Outcome[str]]:
        """Set some fields of at most PER_REQUEST scenes; the new stamp or the error of each."""
        items = [{"input": {"id": scene_id, **_checked(fields)}} for scene_id, fields in changes]
        outcomes = self.ask_each("EachSceneUpdate", Stamped, items, write=True)
        return [Outcome(one.value and one.value["updated_at"], one.error) for one in outcomes]

    def find_tags_by_name(self, names: Iterable[str]) -> dict[str, Tag]:
        """Name → the tag that has it as its name or, failing that, as an alias; unknown names are left out.

        Compared as Stash does when it creates one: trimmed, letter case ignored for ASCII only. All tags are
        read for that, since Stash's own search by name takes % and _ for wildcards.
        """
        return _match(names, self.tags())

    def create_tag(self, name: str) -> Tag:
        """A new tag of this name, or the one that has it already as its name or alias."""
        try:
            tag = self.ask("CreateTag", TagAnswer, {"name": name.strip()}, write=True)["tag"]
        except ServiceError as error:
            if error.code != "rejected" or not ALREADY_THERE.search(error.message):
                raise
            found = self.find_tags_by_name([name])
            if name not in found:
                message = f'has the tag "{name}", but does not list it.'
                raise self.error("bad_answer", message, "It is asked again later.") from None
            return found[name]
        return Tag(tag["id"], tag["name"])

    def create_markers(self, markers: Sequence[NewMarker]) -> list[Outcome[str]]:
        """Create at most PER_REQUEST markers; the id or the error of each.

        Stash accepts the same marker twice: look at ``scene_states`` before doing it again.
        """
        items = [{"input": marker.as_input()} for marker in markers]
        outcomes = self.ask_each("EachMarkerCreate", Ref, items, write=True)
        return [Outcome(one.value and one.value["id"], one.error) for one in outcomes]

    def destroy_markers(self, ids: Sequence[str]) -> list[Outcome[bool]]:
        """Remove at most PER_REQUEST markers. One that is gone already is done."""
        outcomes = self.ask_each("EachMarkerDestroy", bool, [{"id": one} for one in ids], write=True)
        return [Outcome(True) if one.error and _is_gone(one.error) else one for one in outcomes]


ALREADY_THERE = re.compile(r"already exists|is used as alias")
GONE = re.compile(r"not found|no rows in result set")


def _is_gone(error: ServiceError) -> bool:
    return error.code == "rejected" and GONE.search(error.message) is not None


def _value(outcome: Outcome[str]) -> str:
    if outcome.error:
        raise outcome.error
    assert outcome.value is not None
    return outcome.value


def _checked(fields: SceneFields) -> dict[str, Any]:
    if not fields or not fields.keys() <= SceneFields.__annotations__.keys():
        raise ValueError(f"not fields of a scene that are written: {sorted(fields)}")
    return dict(fields)


def _tag_change(change: TagChange) -> dict[str, Any]:
    if not change.tag_ids:
        raise ValueError("no tags to change")
    tags = {"ids": list(change.tag_ids), "mode": change.mode}
    return {"input": {"ids": [change.scene_id], "tag_ids": tags}}


def _match(names: Iterable[str], rows: list[TagRow]) -> dict[str, Tag]:
    by_alias = {_folded(alias): Tag(row["id"], row["name"]) for row in rows for alias in row["aliases"]}
    by_name = {_folded(row["name"]): Tag(row["id"], row["name"]) for row in rows}
    known = by_alias | by_name
    return {name: known[_folded(name)] for name in names if _folded(name) in known}


_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _folded(name: str) -> str:
    return name.strip().translate(_ASCII_LOWER)


def _ids(refs: Iterable[Ref]) -> frozenset[str]:
    return frozenset(ref["id"] for ref in refs)


def _state(row: StateRow) -> SceneState:
    return SceneState(
        id=row["id"],
        updated_at=row["updated_at"],
        title=row["title"] or None,
        details=row["details"] or None,
        date=row["date"] or None,
        studio_id=row["studio"]["id"] if row["studio"] else None,
        tag_ids=_ids(row["tags"]),
        performer_ids=_ids(row["performers"]),
        markers=tuple(_marker(marker) for marker in row["markers"]),
    )


def _marker(row: MarkerOfState) -> MarkerState:
    return MarkerState(
        row["id"],
        row["title"],
        row["seconds"],
        row["end_seconds"],
        row["primary_tag"]["id"],
        _ids(row["tags"]),
    )
