"""Long lists of all that changed or is there, a page at a time: a library may have ten million markers.

By id, since any other order changes while it is read. What can be filtered by its id goes on after the last one; the
others are counted off, and a row that leaves such a list moves those after it one up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from typing_extensions import TypedDict

from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.reading import (
    AllRows,
    CountsAnswer,
    CreatedRow,
    FoundAllRows,
    FoundRows,
    Rows,
    StashReading,
    UpdatedRow,
    counts_of,
)
from scenes.clients.stash.rows import Changes, Id, MarkerUpdatedAt, Ref, UpdatedAtById

R = TypeVar("R", bound=Mapping[str, object])

AT_ONCE = 2**15  # rows of each list: 50 MB of memory while all three are checked; it can be halved


class UpdatedMarkerRow(TypedDict):
    id: Id
    updated_at: str
    scene: Ref


class UpdatedFilesRow(TypedDict):
    id: Id
    files: list[UpdatedRow]


class ListsOfChanges(TypedDict):
    scenes: AllRows[UpdatedRow]
    files: AllRows[UpdatedFilesRow]
    markers: AllRows[UpdatedMarkerRow]


class ChangesAnswer(CountsAnswer, ListsOfChanges):
    tags: AllRows[UpdatedRow]
    performers: AllRows[UpdatedRow]
    studios: AllRows[UpdatedRow]
    known: AllRows[CreatedRow]


class MoreChangesAnswer(ListsOfChanges):
    scenes_before: Rows[Ref]
    files_before: Rows[Ref]
    markers_before: Rows[Ref]


Lists = dict[str, Any]  # by the names below, each an AllRows
LISTS = {"scenes": "changed scenes", "files": "scenes of changed files", "markers": "changed markers"}


class StashListing(StashReading):
    """Questions whose answers have no bound. A page that is too large is asked for in halves."""

    def changes(self, since: str, known: Iterable[int] = ()) -> Iterator[Changes]:
        """Everything that may have changed since (``safe_since``): as a rule one page, with the counts, in one request.

        The first page has all names, and when the scenes with the few ids in ``known`` were made; further ones are of
        scenes, files and markers alone. Raises ServiceError when a list is shorter than Stash itself counts.
        """
        since_then = {"value": since, "modifier": "GREATER_THAN"}
        about = {"since": since_then, "known": id_filter(known)}
        answer, size = self.as_much_as_fits(AT_ONCE, "Changes", ChangesAnswer, about)
        lists, done = cast(Lists, answer), size
        first = Changes(
            counts=counts_of(answer),
            **self._page_of(lists, 0, size),
            tags=updated_at_by_id(self.complete("changed tags", answer["tags"])),
            performers=updated_at_by_id(self.complete("changed performers", answer["performers"])),
            studios=updated_at_by_id(self.complete("changed studios", answer["studios"])),
            known=created_at_by_id(self.complete("known scenes", answer["known"])),
        )
        yield first
        while any(lists[name]["count"] > done for name in LISTS):
            rest = {"since": since_then, "border": done}
            answer_of_rest, size = self.as_much_as_fits(size, "MoreChanges", MoreChangesAnswer, rest, done)
            more = cast(Lists, answer_of_rest)
            self._check_border(lists, more, done)
            yield replace(first, **self._page_of(more, done, size), tags={}, performers={}, studios={}, known={})
            lists, done = more, done + size

    def _check_border(self, before: Lists, more: Lists, done: int) -> None:
        """Raise ServiceError when rows of the pages before have left a list that goes on: one was passed over then.

        One that has come into it is there twice, or is found by the next sync.
        """
        for name in LISTS:
            last, now = before[name]["rows"][-1:], more[f"{name}_before"]["rows"]
            if before[name]["count"] > done and not (now and int(now[0]["id"]) <= int(last[0]["id"])):
                message = _("something was deleted while StashHog read the list of changes.")
                raise self.error("bad_answer", message, _("It is asked again later."))

    def _page_of(self, lists: Lists, done: int, size: int) -> dict[str, Any]:
        scenes, files, markers = (self.complete(what, rest_of(lists[name], done, size)) for name, what in LISTS.items())
        return {
            "scenes": updated_at_by_id(scenes),
            "files": {row["id"]: updated_at_by_id(row["files"]) for row in files},
            "markers": markers_by_id(markers),
        }

    def scenes_created_at(self, ids: Iterable[int]) -> dict[str, str]:
        """Id → raw ``created_at`` of those scenes that there are with one of a few ids."""
        answer = self.ask("Created", FoundAllRows[CreatedRow], {"filter": id_filter(ids)})
        return created_at_by_id(self.complete("scenes", answer["found"]))

    def all_created_at(self) -> Iterator[dict[str, str]]:
        """The same of all scenes, a page at a time. Raises ServiceError when one is shorter than Stash counts."""
        after, left, size = 0, 1, AT_ONCE
        while left > 0:
            following = {"filter": {"id": {"value": after, "modifier": "GREATER_THAN"}}}
            answer, size = self.as_much_as_fits(size, "Created", FoundAllRows[CreatedRow], following)
            rows = self.complete("scenes", rest_of(answer["found"], 0, size))
            yield created_at_by_id(rows)
            after, left = max((int(row["id"]) for row in rows), default=after), answer["found"]["count"] - len(rows)

    def markers_updated_at(self) -> Iterator[dict[str, MarkerUpdatedAt]]:
        """Raw ``updated_at`` and scene of all markers by id, a page at a time. Destroyed ones leave no trace.

        One that is destroyed meanwhile may hide another.
        """
        done, size, is_full = 0, AT_ONCE, True
        while is_full:
            answer, size = self.as_much_as_fits(size, "MarkersUpdatedAt", FoundRows[UpdatedMarkerRow], {}, done)
            rows = answer["found"]["rows"]
            yield markers_by_id(rows)
            done, is_full = done + size, len(rows) >= size


def rest_of(found: AllRows[R], done: int, size: int) -> AllRows[R]:
    """A page, with how many rows it has to have."""
    return {"rows": found["rows"], "count": min(size, max(0, found["count"] - done))}


def id_filter(ids: Iterable[int]) -> dict[str, Any]:
    """A filter for a few ids. Unlike the argument `ids`, it does not mind those that Stash does not know."""
    wanted: dict[str, Any] = {"id": {"value": 0, "modifier": "EQUALS"}}  # which nothing has: without any, no scene
    for scene_id in ids:
        wanted = {"id": {"value": scene_id, "modifier": "EQUALS"}, "OR": wanted}
    return wanted


def created_at_by_id(rows: list[CreatedRow]) -> dict[str, str]:
    return {row["id"]: row["created_at"] for row in rows}


def updated_at_by_id(rows: list[UpdatedRow]) -> UpdatedAtById:
    return {row["id"]: row["updated_at"] for row in rows}


def markers_by_id(rows: list[UpdatedMarkerRow]) -> dict[str, MarkerUpdatedAt]:
    return {row["id"]: MarkerUpdatedAt(row["updated_at"], row["scene"]["id"]) for row in rows}
