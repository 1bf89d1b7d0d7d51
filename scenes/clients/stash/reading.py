"""What the sync reads: counts, `updated_at`, ids and whole rows.

How to ask so that nothing is missed: ``safe_since`` of the last complete pass, then compare each raw
``updated_at`` with the one kept and read only the rows that differ. Stash compares times as text, in its own zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from typing_extensions import TypedDict

from jobs.texts.translatable import Translatable as _
from scenes.clients.base import ServiceError, TooLargeAnswer
from scenes.clients.stash.ids import Ids
from scenes.clients.stash.rows import (
    Counts,
    FingerprintRow,
    Id,
    PerformerRow,
    Ref,
    SceneRow,
    StudioRow,
    TagRow,
)
from scenes.clients.stash.transport import StashTransport

T = TypeVar("T")
R = TypeVar("R", bound=Mapping[str, object])

PAGE = 1000  # scenes: 4,760/s; larger pages are no faster
IDS_AT_ONCE = 20_000  # 6 MB while they are checked; a request of its own costs some milliseconds
FURTHEST_WEST = timedelta(hours=12)  # the zone of its `updated_at` is unknown
WITHIN_A_SECOND = timedelta(seconds=1)  # they have whole seconds, and GREATER_THAN excludes the same one


def safe_since(watermark: datetime) -> str:
    """The value for Stash's text comparison that misses nothing changed since ``watermark`` (aware).

    Tried with servers in zones from 12 hours west to 14 hours east; it gives too much rather than too little.
    """
    if watermark.tzinfo is None:
        raise ValueError("a watermark needs a time zone")
    return f"{watermark.astimezone(UTC) - FURTHEST_WEST - WITHIN_A_SECOND:%Y-%m-%dT%H:%M:%S}"


class CountAnswer(TypedDict):
    count: int


class Rows(TypedDict, Generic[T]):
    rows: list[T]


class AllRows(Rows[T], Generic[T]):
    """With how many there are by Stash's own count, which an odd, short answer does not fit."""

    count: int


class FoundRows(TypedDict, Generic[T]):
    found: Rows[T]


class FoundAllRows(TypedDict, Generic[T]):
    found: AllRows[T]


class UpdatedRow(TypedDict):
    id: Id
    updated_at: str


class CreatedRow(TypedDict):
    id: Id
    created_at: str


class CountsAnswer(TypedDict):
    scene_count: CountAnswer
    marker_count: CountAnswer
    tag_count: CountAnswer
    performer_count: CountAnswer
    studio_count: CountAnswer


class StashReading(StashTransport):
    """Questions only: every one may be abandoned."""

    def counts(self) -> Counts:
        """How many there are of everything, in one small request."""
        return counts_of(self.ask("Counts", CountsAnswer))

    def newest_updated_at(self) -> list[str]:
        """About the newest raw ``updated_at`` of each kind that there is, in one small request; none of what is empty.

        Each is one that Stash has now, so what changes from now on is not older: good for a watermark.
        """
        answer = self.ask("Newest", dict[str, Rows[UpdatedRow]])
        return [row["updated_at"] for found in answer.values() for row in found["rows"]]

    def scene_ids(self) -> Ids:
        """The ids of all scenes. Raises ServiceError when they are not as many as Stash itself counts.

        In pieces, each of which says how many there are from its beginning on. They begin after an id, so nothing
        that is destroyed meanwhile moves another one out of all of them.
        """
        found, after, left, size = Ids(), 0, 1, IDS_AT_ONCE
        while left > 0:
            answer, size = self.as_much_as_fits(size, "SceneIds", FoundAllRows[Ref], {"after": after})
            piece = answer["found"]
            rows = [row for row in piece["rows"] if int(row["id"]) > after]
            numbers = sorted(
                int(row["id"]) for row in self.complete("scenes", {"rows": rows, "count": min(size, piece["count"])})
            )
            found.update(numbers)
            after, left = max(numbers, default=after), piece["count"] - len(numbers)
        return found

    def scene_page(self, page: int, per_page: int = PAGE) -> list[SceneRow]:
        """Page 1, 2, … of all scenes by id; past the end: empty. One that is too large is asked for in parts.

        A scene deleted meanwhile moves the rows after it one up, over the border of a page.
        """
        try:
            return self.ask("ScenePage", FoundRows[SceneRow], {"page": page, "per_page": per_page})["found"]["rows"]
        except TooLargeAnswer:
            if per_page == 1:
                raise
        parts = next(number for number in (2, 3, 5, 7, per_page) if per_page % number == 0)
        first = (page - 1) * parts + 1
        return [row for part in range(first, first + parts) for row in self.scene_page(part, per_page // parts)]

    def scenes_by_id(self, ids: Iterable[str]) -> tuple[list[SceneRow], frozenset[str]]:
        """The scenes with these ids, and the ids that Stash does not know. Ask for about PAGE at once."""
        return self.known_ids_only(ids, self._some_scenes)

    def _some_scenes(self, ids: list[str]) -> list[SceneRow]:
        try:
            return self.ask("ScenesById", FoundRows[SceneRow], {"ids": ids})["found"]["rows"]
        except TooLargeAnswer:
            if len(ids) == 1:
                raise
        middle = len(ids) // 2
        return self._some_scenes(ids[:middle]) + self._some_scenes(ids[middle:])

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
            known = [scene_id for scene_id in asked if int(scene_id) in existing]
            if len(known) == len(asked):  # it failed for another reason
                raise
            rows = read(known) if known else []
        if len(rows) != len(known):
            raise self.error("bad_answer", _("gave {scenes} scenes for {ids} ids.", scenes=len(rows), ids=len(known)))
        return rows, frozenset(asked).difference(known)

    def scenes_missing(self, kind: str) -> frozenset[str]:
        """The ids of scenes without their ``"cover"`` or ``"phash"``; Stash tells of nothing else so."""
        found = self.ask("ScenesMissing", FoundAllRows[Ref], {"kind": kind})["found"]
        return frozenset(row["id"] for row in self.complete(f"scenes without {kind}", found))

    def tags(self) -> list[TagRow]:
        """All tags. Raises ServiceError when they are not as many as Stash itself counts; so do the next two."""
        return self.complete("tags", self.ask("Tags", FoundAllRows[TagRow])["found"])

    def performers(self) -> list[PerformerRow]:
        """All performers."""
        return self.complete("performers", self.ask("Performers", FoundAllRows[PerformerRow])["found"])

    def studios(self) -> list[StudioRow]:
        """All studios."""
        return self.complete("studios", self.ask("Studios", FoundAllRows[StudioRow])["found"])

    def scenes_by_path(self, paths: Sequence[str]) -> dict[str, str]:
        """Path → id of the scene that has exactly this file; paths that Stash does not have are left out.

        At most PER_REQUEST paths, as Stash sees them; about 25 ms each over 100,000 scenes.
        """
        items = [{"path": path} for path in paths]
        results = self.ask_each("EachSceneByPath", AllRows[SceneWithPaths], items)
        found: dict[str, str] = {}
        for path, result in zip(paths, results, strict=True):
            if result.value is None:
                assert result.error is not None
                raise result.error
            # Stash compares with LIKE: other cases, and anything for % and _.
            scenes = self.complete("scenes of a path", result.value)
            having = (scene for scene in scenes if any(file["path"] == path for file in scene["files"]))
            found.update((path, scene["id"]) for scene in having)
        return found

    def files_by_oshash(self, oshashes: Sequence[str]) -> dict[str, list[FoundFile]]:
        """Oshash → the files with it that Stash has in scenes; those that it has none of are left out.

        At most PER_REQUEST of them.
        """
        items = [{"oshash": oshash} for oshash in oshashes]
        results = self.ask_each("EachSceneByOshash", AllRows[SceneWithFiles], items)
        found: dict[str, list[FoundFile]] = {}
        for oshash, result in zip(oshashes, results, strict=True):
            if result.value is None:
                assert result.error is not None
                raise result.error
            files = [
                FoundFile(scene["id"], file["path"], file["size"])
                for scene in self.complete("scenes of a fingerprint", result.value)
                for file in scene["files"]
                if {"type": "oshash", "value": oshash} in file["fingerprints"]
            ]
            if files:
                found.setdefault(oshash, []).extend(files)
        return found

    def complete(self, what: str, found: AllRows[R]) -> list[R]:
        """The rows of a whole list. Raises ServiceError when they are not as many as Stash itself counts."""
        rows, count = found["rows"], found["count"]
        if not len({row["id"] for row in rows}) == len(rows) == count:
            message = _("gave {rows} {what}, but counts {count}.", rows=len(rows), what=what, count=count)
            raise self.error("bad_answer", message, _("It is asked again later."))
        return rows


class FilePath(TypedDict):
    path: str


class FileWithFingerprints(FilePath):
    size: int
    fingerprints: list[FingerprintRow]


class SceneWithFiles(TypedDict):
    id: Id
    files: list[FileWithFingerprints]


class FoundFile(NamedTuple):
    """A file of a scene; ``path`` as Stash sees it, ``size`` in bytes."""

    scene_id: str
    path: str
    size: int


class SceneWithPaths(TypedDict):
    id: Id
    files: list[FilePath]


def counts_of(answer: CountsAnswer) -> Counts:
    return Counts(
        scenes=answer["scene_count"]["count"],
        markers=answer["marker_count"]["count"],
        tags=answer["tag_count"]["count"],
        performers=answer["performer_count"]["count"],
        studios=answer["studio_count"]["count"],
    )
