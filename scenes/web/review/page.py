"""What the page shows: scenes with what is there and what is proposed, in a number of queries that never grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, F, Max, Min, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from jobs.texts.words import counted
from scenes.models import Change, Marker, Scene
from scenes.plans.proposing import TAG_IN
from scenes.plans.review import history
from scenes.web.marks import Marks, mark
from scenes.web.review.lines import ChangeLine
from scenes.web.review.query import ReviewQuery

SCENES = 6  # a page
LINES = 8  # of a scene, where there are several
LINES_OF_ONE = 200  # where the page is about one scene
TAGS, ALL_TAGS = 15, 1000  # named, those of which there is most: usually, and when all are asked for
WITH_PEOPLE = ("applied_in", "decided_by", "edited_by", "reverted_by")


@dataclass(frozen=True)
class SceneCard:
    """A scene with its changes: ``count`` in all, ``lines`` of which are shown."""

    scene: Scene
    lines: Sequence[ChangeLine]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.lines)

    @cached_property
    def duration(self) -> float:
        """Seconds; 0: not known."""
        return next((file.duration for file in self.scene.files.all()), 0.0)

    @cached_property
    def marks(self) -> Marks:
        """Of the markers that are there, and of those that are proposed."""
        there = [
            mark("there", title_of(marker), marker.seconds, end_of(marker), self.duration) for marker in self.markers
        ]
        proposed = [mark(line.verb, line.what, *line.span, self.duration) for line in self.lines if line.span]
        return Marks.of([*there, *proposed])

    @property
    def markers(self) -> list[Marker]:
        return list(self.scene.markers.all())

    @property
    def has_strip(self) -> bool:
        return bool(self.marks.placed)


def end_of(marker: Marker) -> float:
    return marker.seconds if marker.end_seconds is None else marker.end_seconds


def title_of(marker: Marker) -> str:
    return f"{marker.title or marker.primary_tag}, {history.span_in_words(marker.seconds, marker.end_seconds)}"


@dataclass(frozen=True)
class TagCount:
    name: str
    changes: int
    scenes: int


@dataclass(frozen=True)
class ReviewPage:
    """``last``: the newest change when it was read, and when that was: so nobody decides on what they have not seen."""

    cards: list[SceneCard]
    after: int = 0  # of the next page; 0: there is none
    total: int = 0
    scenes: int = 0
    last: int = 0
    tags: list[TagCount] = field(default_factory=list)
    tag_count: int = 0  # of all, named or not
    read_at: str = ""

    @property
    def scenes_in_words(self) -> str:
        return counted(self.scenes, "scene")


def read(asked: ReviewQuery) -> ReviewPage:
    """What ever was written or rejected is not counted: it may be millions."""
    read_at = timezone.now().isoformat()
    cards, after = of_one_scene(asked) if asked.scene_id else of_scenes(asked)
    if not asked.is_open:
        return ReviewPage(cards, after, read_at=read_at)
    sums = asked.rows().aggregate(total=Count("pk"), scenes=Count("scene", distinct=True), last=Max("pk"))
    return ReviewPage(cards, after, sums["total"], sums["scenes"], sums["last"] or 0, *tags_of(asked), read_at)


def of_scenes(asked: ReviewQuery) -> tuple[list[SceneCard], int]:
    """The newest scenes after those of the page before, and the last one if there are more."""
    rows = asked.rows().order_by()
    later = rows.filter(scene__lt=asked.after) if asked.after else rows
    ids = list(later.order_by("-scene_id").values_list("scene_id", flat=True).distinct()[: SCENES + 1])
    after = ids[SCENES - 1] if len(ids) > SCENES else 0
    ids = ids[:SCENES]
    rows = rows.filter(scene__in=ids)
    counts = dict(rows.values_list("scene").annotate(count=Count("pk")))
    place = Window(RowNumber(), partition_by=F("scene_id"), order_by=F("id").asc())
    numbered = rows.annotate(place=place).filter(place__lte=LINES)
    changes = list(numbered.select_related(*WITH_PEOPLE).order_by("scene_id", "id"))
    return cards_of(ids, changes, counts), after


def of_one_scene(asked: ReviewQuery) -> tuple[list[SceneCard], int]:
    """Its changes after those of the page before."""
    rows = asked.rows().filter(pk__gt=asked.after).select_related(*WITH_PEOPLE).order_by("pk")
    changes = list(rows[: LINES_OF_ONE + 1])
    after = changes[LINES_OF_ONE - 1].pk if len(changes) > LINES_OF_ONE else 0
    changes = changes[:LINES_OF_ONE]
    counts = {asked.scene_id or 0: len(changes)}
    return cards_of([asked.scene_id or 0] if changes else [], changes, counts), after


def cards_of(ids: Sequence[int], changes: Sequence[Change], counts: dict[int, int]) -> list[SceneCard]:
    """In the order of the ids."""
    known = Scene.objects.prefetch_related("tags", "performers", "files", "studio", "markers__primary_tag")
    scenes = known.in_bulk(ids)
    lines: dict[int, list[ChangeLine]] = {pk: [] for pk in ids}
    for change in changes:
        lines[change.scene_id].append(ChangeLine.of(change))
    return [
        SceneCard(scenes[pk], sorted(lines[pk], key=lambda line: line.order), counts.get(pk, 0))
        for pk in ids
        if pk in scenes
    ]


def tags_of(asked: ReviewQuery) -> tuple[list[TagCount], int]:
    """The tags that most of these changes are about, by the name that the first of them has; and how many there are."""
    rows = asked.rows().exclude(tag="").order_by()
    sums = rows.values("tag").annotate(count=Count("pk"), scenes=Count("scene", distinct=True), first=Min("pk"))
    every = list(sums.order_by("-count", "tag"))
    groups = every[: ALL_TAGS if asked.all_tags else TAGS]
    firsts = Change.objects.only("kind", "value").in_bulk([group["first"] for group in groups])
    named = [
        TagCount(str(first.value[TAG_IN[Change.Kind(first.kind)]]), group["count"], group["scenes"])
        for group in groups
        if (first := firsts.get(group["first"]))
    ]
    return named, len(every)
