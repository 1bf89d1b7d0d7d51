"""What is written to Stash. Every method sends one request of at most 20 s in all, and is never abandoned.

(``create_tag`` may read once more.) So a caller can make sure before each call that its claim outlives it,
and record the outcome after each. A ``timeout`` means that the write may still have been done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired

from pydantic import FiniteFloat
from typing_extensions import TypedDict

from jobs.texts.translatable import Translatable as _
from scenes.clients.base import ServiceError
from scenes.clients.stash.names import folded
from scenes.clients.stash.reading import FoundRows, StashReading, UpdatedRow
from scenes.clients.stash.rows import Id, MarkerInStash, Ref, SceneInStash, StashTag, UpdatedAtById
from scenes.clients.stash.transport import ItemResult

Mode = Literal["ADD", "REMOVE"]


@dataclass(frozen=True)
class TagChange:
    """The same tags to add to some scenes, or to remove from them: from all of these or from none."""

    scene_ids: tuple[str, ...]
    tag_ids: tuple[str, ...]

    def as_input(self, mode: Mode) -> dict[str, object]:
        """Stash's ``BulkSceneUpdateInput``. Neither mode touches anybody else's tags."""
        if not self.tag_ids:
            raise ValueError("no tags to change")
        return {"ids": list(self.scene_ids), "tag_ids": {"ids": list(self.tag_ids), "mode": mode}}


@dataclass(frozen=True)
class PerformerChange:
    """Performers to add to one scene, or to remove from it."""

    scene_id: str
    performer_ids: tuple[str, ...]

    def as_input(self, mode: Mode) -> dict[str, object]:
        """Stash's ``BulkSceneUpdateInput``. Neither mode touches any other performer."""
        if not self.performer_ids:
            raise ValueError("no performers to change")
        return {"ids": [self.scene_id], "performer_ids": {"ids": list(self.performer_ids), "mode": mode}}


@dataclass(frozen=True)
class SceneChange:
    """Fields of one scene to set, by their names in Stash; those that are not in ``fields`` stay as they are."""

    scene_id: str
    fields: Mapping[str, str | None]

    def as_input(self) -> dict[str, object]:
        """Stash's ``SceneUpdateInput``."""
        return {"id": self.scene_id, **self.fields}


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
    studio: Ref | None
    tags: list[Ref]
    performers: list[Ref]
    details: NotRequired[str | None]
    markers: list[MarkerOfState]


class NamedTag(TypedDict):
    id: Id
    name: str


class DoneAnswer(TypedDict):
    done: bool


class TagAnswer(TypedDict):
    tag: NamedTag


class StashWriting(StashReading):
    """Writes, and the reading of a scene's state around them."""

    def scene_states(self, ids: Iterable[str], *, with_details: bool = False) -> dict[str, SceneInStash]:
        """Id → what the scenes are like now; those that Stash does not know are left out."""

        def read(known: list[str]) -> list[StateRow]:
            variables = {"ids": known, "with_details": with_details}
            return self.ask("SceneStates", FoundRows[StateRow], variables)["found"]["rows"]

        rows, _unknown = self.known_ids_only(ids, read)
        return {row["id"]: scene_state(row) for row in rows}

    def add_tags(self, changes: Sequence[TagChange]) -> list[ItemResult[UpdatedAtById]]:
        """Add tags to scenes, at most PER_REQUEST changes; of each the scenes' new ``updated_at``, or the error."""
        return self._change_lists([change.as_input("ADD") for change in changes])

    def remove_tags(self, changes: Sequence[TagChange]) -> list[ItemResult[UpdatedAtById]]:
        """Remove tags from scenes, likewise; what a scene does not have, or Stash does not know, is no error."""
        return self._change_lists([change.as_input("REMOVE") for change in changes])

    def add_performers(self, changes: Sequence[PerformerChange]) -> list[ItemResult[UpdatedAtById]]:
        """Add different performers to different scenes, likewise; one that Stash does not have is ``rejected``."""
        return self._change_lists([change.as_input("ADD") for change in changes])

    def remove_performers(self, changes: Sequence[PerformerChange]) -> list[ItemResult[UpdatedAtById]]:
        """Remove performers from scenes, likewise."""
        return self._change_lists([change.as_input("REMOVE") for change in changes])

    def set_fields(self, changes: Sequence[SceneChange]) -> list[ItemResult[str]]:
        """Set fields of different scenes, at most PER_REQUEST; the id or the error of each."""
        items = [{"input": change.as_input()} for change in changes]
        results = self.ask_each("EachSceneUpdate", Ref, items, write=True)
        return [ItemResult(result.value and result.value["id"], result.error) for result in results]

    def _change_lists(self, inputs: Sequence[dict[str, object]]) -> list[ItemResult[UpdatedAtById]]:
        items = [{"input": given} for given in inputs]
        results = self.ask_each("EachBulkSceneUpdate", list[UpdatedRow], items, write=True)
        nothing = self.error("bad_answer", _("changed no scene and did not say why."))
        return [
            ItemResult({row["id"]: row["updated_at"] for row in result.value})
            if result.value
            else ItemResult(error=result.error or nothing)
            for result in results
        ]

    def find_tags_by_name(self, names: Iterable[str]) -> dict[str, StashTag]:
        """Name → the tag that has it as its name or, failing that, as an alias; unknown names are left out.

        Compared as Stash does when it creates one: trimmed, letter case ignored for ASCII only. All tags are
        read for that, since Stash's own search by name takes % and _ for wildcards.
        """
        rows = self.tags()
        by_alias = {folded(alias): StashTag(row["id"], row["name"]) for row in rows for alias in row["aliases"]}
        by_name = {folded(row["name"]): StashTag(row["id"], row["name"]) for row in rows}
        known = by_alias | by_name
        return {name: known[folded(name)] for name in names if folded(name) in known}

    def create_tag(self, name: str) -> StashTag:
        """A new tag of this name, or the one that has it already as its name or alias."""
        try:
            tag = self.ask("CreateTag", TagAnswer, {"name": name.strip()}, write=True)["tag"]
        except ServiceError as error:
            if error.code != "rejected" or not ALREADY_THERE.search(error.message):
                raise
            found = self.find_tags_by_name([name])
            if name not in found:
                message = _('has the tag "{name}", but does not list it.', name=name)
                raise self.error("bad_answer", message, _("It is asked again later.")) from None
            return found[name]
        return StashTag(tag["id"], tag["name"])

    def create_markers(self, markers: Sequence[NewMarker]) -> list[ItemResult[str]]:
        """Create at most PER_REQUEST markers; the id or the error of each.

        Stash accepts the same marker twice: look at ``scene_states`` before doing it again.
        """
        items = [{"input": marker.as_input()} for marker in markers]
        results = self.ask_each("EachMarkerCreate", Ref, items, write=True)
        return [ItemResult(result.value and result.value["id"], result.error) for result in results]

    def destroy_markers_together(self, ids: Sequence[str]) -> None:
        """Remove markers, all of them or, where one can't be (``rejected``), none. Raises ServiceError."""
        if not self.ask("DestroyMarkers", DoneAnswer, {"ids": list(ids)}, write=True)["done"]:
            raise self.error("bad_answer", _("did not say that the markers are gone."), _("They are looked at again."))

    def destroy_markers(self, ids: Sequence[str]) -> list[ItemResult[bool]]:
        """Remove at most PER_REQUEST markers. One that is gone already is done."""
        results = self.ask_each("EachMarkerDestroy", bool, [{"id": marker_id} for marker_id in ids], write=True)
        errors = ((result, result.error) for result in results)
        return [
            ItemResult(True) if error and error.code == "rejected" and GONE.search(error.message) else result
            for result, error in errors
        ]


ALREADY_THERE = re.compile(r"already exists|is used as alias")
GONE = re.compile(r"not found|no rows in result set")


def _ids(refs: Iterable[Ref]) -> frozenset[str]:
    return frozenset(ref["id"] for ref in refs)


def scene_state(row: StateRow) -> SceneInStash:
    """From a row of the answer."""
    markers = (
        MarkerInStash(
            marker["id"],
            marker["title"],
            marker["seconds"],
            marker["end_seconds"],
            marker["primary_tag"]["id"],
            _ids(marker["tags"]),
        )
        for marker in row["markers"]
    )
    return SceneInStash(
        id=row["id"],
        tag_ids=_ids(row["tags"]),
        markers=tuple(markers),
        performer_ids=_ids(row["performers"]),
        studio_id=row["studio"]["id"] if row["studio"] else None,
        # Stash gives "" for none, and null would be the same; None is for what it was not asked.
        details=(row["details"] or "") if "details" in row else None,
    )
