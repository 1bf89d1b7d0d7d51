"""What the sync reads: counts, stamps, ids and whole rows.

How to ask so that nothing is missed: ``safe_since`` of the last complete pass, then compare each raw stamp
with the one kept and read only the rows that differ. Times are compared as text by Stash, in its own zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from typing_extensions import TypedDict

from scenes.clients.base import ServiceError
from scenes.clients.stash_rows import (
    Changes,
    Counts,
    Id,
    MarkerStamp,
    PerformerRow,
    Ref,
    SceneRow,
    Stamps,
    StudioRow,
    TagRow,
)
from scenes.clients.stash_transport import StashTransport

T = TypeVar("T")
R = TypeVar("R", bound=Mapping[str, object])

PAGE = 1000  # scenes: 4,760/s; larger pages are no faster
FURTHEST_WEST = timedelta(hours=12)  # the zone of Stash's stamps is unknown
WITHIN_A_SECOND = timedelta(seconds=1)  # stamps have whole seconds, and GREATER_THAN excludes the same one


def safe_since(watermark: datetime) -> str:
    """The value for Stash's text comparison that misses nothing changed since ``watermark`` (aware).

    Tried with servers in zones from 12 hours west to 14 hours east; it gives too much rather than too little.
    """
    if watermark.tzinfo is None:
        raise ValueError("a watermark needs a time zone")
    return f"{watermark.astimezone(UTC) - FURTHEST_WEST - WITHIN_A_SECOND:%Y-%m-%dT%H:%M:%S}"


class Counted(TypedDict):
    count: int


class Rows(TypedDict, Generic[T]):
    rows: list[T]


class AllRows(Rows[T], Generic[T]):
    """With how many there are by Stash's own count, which an odd, short answer does not fit."""

    count: int


class Found(TypedDict, Generic[T]):
    found: Rows[T]


class FoundAll(TypedDict, Generic[T]):
    found: AllRows[T]


class Stamped(TypedDict):
    id: Id
    updated_at: str


class Made(TypedDict):
    id: Id
    created_at: str


class StampedMarker(TypedDict):
    id: Id
    updated_at: str
    scene: Ref


class StampedFiles(TypedDict):
    id: Id
    files: list[Stamped]


class CountsAnswer(TypedDict):
    scene_count: Counted
    marker_count: Counted
    tag_count: Counted
    performer_count: Counted
    studio_count: Counted


class ChangesAnswer(CountsAnswer):
    scenes: AllRows[Stamped]
    files: AllRows[StampedFiles]
    markers: AllRows[StampedMarker]
    tags: AllRows[Stamped]
    performers: AllRows[Stamped]
    studios: AllRows[Stamped]
    known: AllRows[Made]


class StashReading(StashTransport):
    """Questions only: every one may be abandoned."""

    def counts(self) -> Counts:
        """How many there are of everything, in one small request."""
        return _counts(self.ask("Counts", CountsAnswer))

    def newest_stamps(self) -> list[str]:
        """About the newest raw stamp of each kind that there is, in one small request; none of what is empty.

        Each is one that Stash has now, so what changes from now on is not older: good for a watermark.
        """
        answer = self.ask("Newest", dict[str, Rows[Stamped]])
        return [row["updated_at"] for found in answer.values() for row in found["rows"]]

    def changes(self, since: str, known: Iterable[int] = ()) -> Changes:
        """Everything that may have changed since (``safe_since``), with the counts, in one request.

        And when the scenes with the few ids in ``known`` were made. Raises ServiceError when a list is shorter
        than Stash itself counts.
        """
        answer = self.ask("Changes", ChangesAnswer, {"since": _greater(since), "known": _one_of(known)})
        return Changes(
            counts=_counts(answer),
            scenes=_stamps(self._all("changed scenes", answer["scenes"])),
            files={row["id"]: _stamps(row["files"]) for row in self._all("scenes of changed files", answer["files"])},
            markers=_marker_stamps(self._all("changed markers", answer["markers"])),
            tags=_stamps(self._all("changed tags", answer["tags"])),
            performers=_stamps(self._all("changed performers", answer["performers"])),
            studios=_stamps(self._all("changed studios", answer["studios"])),
            known=_made(self._all("known scenes", answer["known"])),
        )

    def scenes_made(self, ids: Iterable[int] | None = None) -> dict[str, str]:
        """Id → raw ``created_at`` of all scenes, or of those that there are with one of a few ids."""
        wanted = None if ids is None else _one_of(ids)
        return _made(self._all("scenes", self.ask("Created", FoundAll[Made], {"filter": wanted})["found"]))

    def marker_stamps(self) -> dict[str, MarkerStamp]:
        """Raw stamps and scenes of all markers. Destroyed ones leave no trace."""
        return _marker_stamps(self.ask("MarkerStamps", Found[StampedMarker])["found"]["rows"])

    def scene_ids(self) -> frozenset[str]:
        """The ids of all scenes. Raises ServiceError when they are not as many as Stash itself counts."""
        return frozenset(row["id"] for row in self._all("scenes", self.ask("SceneIds", FoundAll[Ref])["found"]))

    def scene_page(self, page: int, per_page: int = PAGE) -> list[SceneRow]:
        """Page 1, 2, … of all scenes by id; past the end: empty.

        A scene deleted meanwhile moves the rows after it one up, over the border of a page.
        """
        return self.ask("ScenePage", Found[SceneRow], {"page": page, "per_page": per_page})["found"]["rows"]

    def scenes_by_id(self, ids: Iterable[str]) -> tuple[list[SceneRow], frozenset[str]]:
        """The scenes with these ids, and the ids that Stash does not know. Ask for about PAGE at once."""
        return self.known_ids_only(
            ids, lambda known: self.ask("ScenesById", Found[SceneRow], {"ids": known})["found"]["rows"]
        )

    def known_ids_only(
        self, ids: Iterable[str], read: Callable[[list[str]], list[T]]
    ) -> tuple[list[T], frozenset[str]]:
        """``read(ids)`` without those that Stash does not know: one of them fails the whole question.

        When it fails, the ids of all scenes tell which those are (20,000 in 0.4 s).
        """
        asked = known = list(dict.fromkeys(ids))
        if not asked:
            return [], frozenset()
        try:
            rows = read(asked)
        except ServiceError as error:
            if error.code != "rejected":
                raise
            existing = self.scene_ids()
            known = [one for one in asked if one in existing]
            if len(known) == len(asked):  # it failed for another reason
                raise
            rows = read(known) if known else []
        if len(rows) != len(known):
            raise self.error("bad_answer", f"gave {len(rows)} scenes for {len(known)} ids.")
        return rows, frozenset(asked).difference(known)

    def scenes_missing(self, kind: str) -> frozenset[str]:
        """The ids of scenes without their ``"cover"`` or ``"phash"``; Stash tells of nothing else so."""
        found = self.ask("ScenesMissing", FoundAll[Ref], {"kind": kind})["found"]
        return frozenset(row["id"] for row in self._all(f"scenes without {kind}", found))

    def tags(self) -> list[TagRow]:
        """All tags. Raises ServiceError when they are not as many as Stash itself counts; so do the next two."""
        return self._all("tags", self.ask("Tags", FoundAll[TagRow])["found"])

    def performers(self) -> list[PerformerRow]:
        """All performers."""
        return self._all("performers", self.ask("Performers", FoundAll[PerformerRow])["found"])

    def studios(self) -> list[StudioRow]:
        """All studios."""
        return self._all("studios", self.ask("Studios", FoundAll[StudioRow])["found"])

    def scenes_by_path(self, paths: Sequence[str]) -> dict[str, str]:
        """Path → id of the scene that has exactly this file; paths that Stash does not have are left out.

        At most PER_REQUEST paths, as Stash sees them; about 25 ms each over 100,000 scenes.
        """
        items = [{"path": path} for path in paths]
        outcomes = self.ask_each("EachSceneByPath", AllRows[SceneWithPaths], items)
        found: dict[str, str] = {}
        for path, outcome in zip(paths, outcomes, strict=True):
            if outcome.value is None:
                assert outcome.error is not None
                raise outcome.error
            found.update((path, scene_id) for scene_id in _having(path, self._all("scenes of a path", outcome.value)))
        return found

    def _all(self, what: str, found: AllRows[R]) -> list[R]:
        rows, count = found["rows"], found["count"]
        if not len({row["id"] for row in rows}) == len(rows) == count:
            message = f"gave {len(rows)} {what}, but counts {count}."
            raise self.error("bad_answer", message, "It is asked again later.")
        return rows


class FilePath(TypedDict):
    path: str


class SceneWithPaths(TypedDict):
    id: Id
    files: list[FilePath]


def _having(path: str, scenes: list[SceneWithPaths]) -> list[str]:
    # Stash compares with LIKE: other cases, and anything for % and _.
    return [scene["id"] for scene in scenes if any(file["path"] == path for file in scene["files"])]


def _greater(since: str) -> dict[str, str]:
    return {"value": since, "modifier": "GREATER_THAN"}


def _one_of(ids: Iterable[int]) -> dict[str, Any]:
    """A filter for a few ids. Unlike the argument `ids`, it does not mind those that Stash does not know."""
    wanted: dict[str, Any] = {"id": {"value": 0, "modifier": "EQUALS"}}  # which nothing has: without any, no scene
    for one in ids:
        wanted = {"id": {"value": one, "modifier": "EQUALS"}, "OR": wanted}
    return wanted


def _made(rows: list[Made]) -> dict[str, str]:
    return {row["id"]: row["created_at"] for row in rows}


def _stamps(rows: list[Stamped]) -> Stamps:
    return {row["id"]: row["updated_at"] for row in rows}


def _marker_stamps(rows: list[StampedMarker]) -> dict[str, MarkerStamp]:
    return {row["id"]: MarkerStamp(row["updated_at"], row["scene"]["id"]) for row in rows}


def _counts(answer: CountsAnswer) -> Counts:
    return Counts(
        scenes=answer["scene_count"]["count"],
        markers=answer["marker_count"]["count"],
        tags=answer["tag_count"]["count"],
        performers=answer["performer_count"]["count"],
        studios=answer["studio_count"]["count"],
    )
