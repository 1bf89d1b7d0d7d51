"""All that the page of a scene shows, in a number of queries that never grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext

from jobs.web.paging import page_of
from scenes import configuration
from scenes.clients.stash.transport import shown_address
from scenes.models import Change, Detection, Generation, LanguageModelQuestion, Marker, Scene, Tag
from scenes.models.plans import ChangeQuerySet
from scenes.plans.review import history
from scenes.web.library.history import HistoryLine, entries
from scenes.web.marks import Marks, mark
from scenes.web.review.lines import detector_named
from scenes.web.review.page import end_of, title_of

HISTORY = 50  # changes a page


@dataclass(frozen=True)
class Ours:
    """Ids of the tags and markers that StashHog gave the scene, and nobody took back."""

    tags: frozenset[int]
    markers: frozenset[int]


@dataclass(frozen=True)
class Attempt:
    """What was done with the scene, or failed."""

    name: str
    row: Detection | Generation


@dataclass(frozen=True)
class ScenePage:
    scene: Scene
    ours: Ours
    to_undo: int  # changes, on all pages of its history
    history: Sequence[HistoryLine]
    following: str | None
    attempts: Sequence[Attempt]
    waiting: int
    approved: int

    @cached_property
    def tags(self) -> list[tuple[Tag, bool]]:
        """Each with whether it is ours."""
        return [(tag, tag.pk in self.ours.tags) for tag in self.scene.tags.all()]

    @cached_property
    def markers(self) -> list[tuple[Marker, bool]]:
        return [(marker, marker.pk in self.ours.markers) for marker in self.scene.markers.all()]

    @cached_property
    def duration(self) -> float:
        """Seconds; 0: not known."""
        return next((file.duration for file in self.scene.files.all()), 0.0)

    @cached_property
    def marks(self) -> Marks:
        kinds = {True: "ours", False: "there"}
        return Marks.of(
            mark(kinds[is_ours], title_of(marker), marker.seconds, end_of(marker), self.duration)
            for marker, is_ours in self.markers
        )

    @cached_property
    def language_model(self) -> str:
        """What it was asked about the scene, and what that cost; "" for nothing."""
        return str(LanguageModelQuestion.objects.filter(scene=self.scene.pk).spent())

    @property
    def in_stash(self) -> str:
        """The address of its page in Stash; "" where there is none."""
        config = configuration.current()
        address = shown_address(config.stash_public_url or config.stash_url)
        return address and f"{address}/scenes/{self.scene.pk}"


def read(scene_id: int, cursor: str) -> ScenePage:
    """Raises Scene.DoesNotExist, and BadRequest for what is no cursor."""
    scenes = Scene.objects.prefetch_related("tags", "performers", "files", "studio", "markers__primary_tag")
    scene = scenes.get(pk=scene_id)
    page = page_of(history.written(Change.objects.filter(scene=scene_id)), cursor, HISTORY)
    written = in_stash(Change.objects.filter(scene=scene_id))
    open_changes = list(Change.objects.open().filter(scene=scene_id).values_list("status", flat=True))
    return ScenePage(
        scene,
        ours_of(written),
        sum(change.revert_requested_at is None for change in written),
        entries(page.rows),
        page.next,
        attempts_of(scene_id),
        open_changes.count(Change.Status.PROPOSED),
        open_changes.count(Change.Status.APPROVED),
    )


def in_stash(changes: ChangeQuerySet) -> list[Change]:
    """Those that wrote something which is there still, as far as we know."""
    columns = ("kind", "before", "after", "stash_tag", "revert_requested_at")
    applied = changes.filter(status=Change.Status.APPLIED).only(*columns)
    return [change for change in applied if not history.wrote_nothing(change)]


def ours_of(written: Sequence[Change]) -> Ours:
    tags = {change.stash_tag for change in written if change.kind == Change.Kind.ADD_TAG and change.stash_tag}
    markers = {(change.after or {}).get("marker_id") for change in written if change.kind == Change.Kind.ADD_MARKER}
    return Ours(frozenset(tags), frozenset(pk for pk in markers if pk))


def attempts_of(scene_id: int) -> list[Attempt]:
    detections = Detection.objects.filter(scene=scene_id).order_by("detector")
    found = [Attempt(detector_named(row.detector), row) for row in detections]
    return [*found, *(Attempt(gettext("Previews"), row) for row in Generation.objects.filter(pk=scene_id))]
