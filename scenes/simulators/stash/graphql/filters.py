"""From a filter of the schema to a test of one record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..library.state import LibraryState
from .criteria import Criterion, Test, members_test, ordered_test, text_test
from .errors import ResolverError

Filter = dict[str, Any]
Build = Callable[[Any], Test]


def _attribute(name: str, make: Callable[[Criterion], Test] = text_test) -> Build:
    def build(criterion: Criterion) -> Test:
        test = make(criterion)
        return lambda record: test(getattr(record, name))

    return build


def _any_of(name: str) -> Build:
    """A criterion on a list of texts: one that matches is enough."""

    def build(criterion: Criterion) -> Test:
        test = text_test(criterion)
        return lambda record: any(test(text) for text in getattr(record, name))

    return build


TIMES: dict[str, Build] = {
    "created_at": _attribute("created_at", ordered_test),
    "updated_at": _attribute("updated_at", ordered_test),
}
NAMED: dict[str, Build] = {"name": _attribute("name"), **TIMES}


class Filters:
    """Builds tests; one instance a request."""

    def __init__(self, state: LibraryState):
        self.state = state
        self.fields: dict[str, dict[str, Build]] = {
            "scenes": self.scene_fields(),
            "files": self.file_fields(),
            "markers": self.marker_fields(),
            "tags": {**NAMED, "aliases": _any_of("aliases")},
            "studios": {**NAMED, "aliases": _any_of("aliases")},
            "performers": {
                **NAMED,
                "disambiguation": _attribute("disambiguation"),
                "aliases": _any_of("alias_list"),
            },
        }

    def test(self, kind: str, given: Filter | None) -> Test:
        """Raises ResolverError for what SQL would not take."""
        given = given or {}
        tests = [build(given[name]) for name, build in self.fields[kind].items() if given.get(name) is not None]

        def own(record: Any) -> bool:
            return all(test(record) for test in tests)

        if (other := given.get("AND")) is not None:
            also = self.test(kind, other)
            return lambda record: own(record) and also(record)
        if (other := given.get("OR")) is not None:
            instead = self.test(kind, other)
            return lambda record: own(record) or instead(record)
        if (other := given.get("NOT")) is not None:
            without = self.test(kind, other)
            return lambda record: own(record) and not without(record)
        return own

    # --- scenes ---

    def scene_fields(self) -> dict[str, Build]:
        """The criteria of `SceneFilterType`."""
        return {
            **TIMES,
            "id": _attribute("id", ordered_test),
            "title": _attribute("title"),
            "details": _attribute("details"),
            "organized": lambda value: lambda scene: scene.organized == value,
            "date": _attribute("date", ordered_test),
            "path": self._of_files("path", text_test),
            "oshash": self._of_files("oshash", text_test),
            "duration": self._of_files("duration", ordered_test),
            "tag_count": self._counted(lambda scene: scene.tag_ids),
            "performer_count": self._counted(lambda scene: scene.performer_ids),
            "tags": self._members(lambda scene: scene.tag_ids),
            "performers": self._members(lambda scene: scene.performer_ids),
            "studios": self._members(lambda scene: [scene.studio_id] if scene.studio_id else []),
            "is_missing": self.is_missing,
            "files_filter": self.files_filter,
            "markers_filter": self.markers_filter,
        }

    def _of_files(self, name: str, make: Callable[[Criterion], Test]) -> Build:
        def build(criterion: Criterion) -> Test:
            test, files = make(criterion), self.state.files
            return lambda scene: any(test(getattr(files[number], name)) for number in scene.file_ids)

        return build

    @staticmethod
    def _counted(members: Callable[[Any], list[int]]) -> Build:
        def build(criterion: Criterion) -> Test:
            test = ordered_test(criterion)
            return lambda record: test(len(members(record)))

        return build

    @staticmethod
    def _members(members: Callable[[Any], list[int]]) -> Build:
        def build(criterion: Criterion) -> Test:
            test = members_test(criterion)
            return lambda record: test(members(record))

        return build

    def is_missing(self, what: str) -> Test:
        """Whether a scene lacks that. Raises ResolverError.

        Of what is generated it knows the cover and the phash only.
        """
        tests: dict[str, Test] = {
            "cover": lambda scene: not scene.has_cover,
            "phash": lambda scene: any(not file.phash for file in self.state.scene_files(scene)),
            "tags": lambda scene: not scene.tag_ids,
            "performers": lambda scene: not scene.performer_ids,
            "studio": lambda scene: not scene.studio_id,
        }
        if what in ("title", "code", "details", "date"):
            return lambda scene: not getattr(scene, what)
        if what not in tests:
            raise ResolverError(f"SQL logic error: no such column: scenes.{what} (1)")
        return tests[what]

    def files_filter(self, given: Filter) -> Test:
        """One file of the scene that matches is enough."""
        test = self.test("files", given)
        return lambda scene: any(test(file) for file in self.state.scene_files(scene))

    def markers_filter(self, given: Filter) -> Test:
        """Broken in Stash: one marker that matches, of any scene, and every scene is in the answer."""
        test = self.test("markers", given)
        found = any(test(marker) for marker in self.state.markers.values())
        return lambda scene: found

    # --- files and markers ---

    def file_fields(self) -> dict[str, Build]:
        """The criteria of `FileFilterType`."""
        return {
            **TIMES,
            "path": _attribute("path"),
            "basename": _attribute("basename"),
            "mod_time": _attribute("mod_time", ordered_test),
            "scene_count": self._counted(lambda file: [file.id] if file.id in self.state.scene_of_file else []),
        }

    def marker_fields(self) -> dict[str, Build]:
        """The criteria of `SceneMarkerFilterType`."""
        return {
            **TIMES,
            "tags": self._members(lambda marker: [marker.primary_tag_id, *marker.tag_ids]),
            "scenes": self._members(lambda marker: [marker.scene_id]),
            "scene_filter": self.scene_filter,
        }

    def scene_filter(self, given: Filter) -> Test:
        """The marker's scene is one that matches."""
        test = self.test("scenes", given)
        return lambda marker: test(self.state.scenes[marker.scene_id])
