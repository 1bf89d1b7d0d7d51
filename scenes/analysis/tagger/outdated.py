"""What is outdated: scenes of which an older model than the tagger's of today saw a category, or none did.

Known from rows alone. A model counts as older unless a tagger that is set has it, or an earlier version of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from jobs.texts.translatable import Translatable as _
from jobs.texts.translatable import quantity
from scenes import configuration
from scenes.analysis.tagger import models as tagger_models
from scenes.models import Change, Detection, Outcome, Scene, TaggerModel, TaggerModelSet

NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class CategoryCount:
    """``older``: scenes that an older model saw; ``unseen``: that were analysed without anything looking for it.

    ``model``: of today, for people.
    """

    category: str
    model: str
    older: int
    unseen: int

    @property
    def sentences(self) -> list[str]:
        """For people."""
        older = _(
            "{scenes} tagged by an older model of {category} than today's {model}.",
            scenes=_scenes(self.older),
            category=self.category,
            model=self.model,
        )
        unseen = _(
            "{scenes} analysed when nothing looked for {category}, as {model} does now.",
            scenes=_scenes(self.unseen),
            category=self.category,
            model=self.model,
        )
        return [text for count, text in ((self.older, older), (self.unseen, unseen)) if count]


def _scenes(count: int) -> str:
    return quantity(count, "scene was", "scenes were")


@dataclass(frozen=True)
class Outdated:
    """``today``: category → its models, for people; ``sets``: of which model sets which categories are outdated.

    A scene of unknown models has all of them outdated.
    """

    today: Mapping[str, str]
    sets: Mapping[int, frozenset[str]]

    def categories(self, detection: Detection | None) -> frozenset[str]:
        """Of a scene: those that are outdated."""
        if detection is None or detection.handled_at is None:
            return frozenset()
        if detection.seen_with_id is None:
            return frozenset(self.today)
        return self.sets.get(detection.seen_with_id, frozenset())

    def detections(self) -> QuerySet[Detection]:
        """Of the scenes with anything outdated; without those that the tagger is to leave alone."""
        if not self.today:
            return Detection.objects.none()
        old = Q(seen_with=None) | Q(seen_with__in=list(self.sets))
        rows = Detection.objects.filter(old, detector=Detection.VIDEO_TAGS, handled_at__isnull=False)
        rows = rows.filter(scene__deleted_at=None).exclude(outcome=Outcome.QUARANTINED)
        is_left = configuration.current().organized_scenes != "tag"
        return rows.filter(scene__organized=False) if is_left else rows

    def scenes(self) -> QuerySet[Scene]:
        """Newest first; without those with changes to be written or decided on, and those in an open batch."""
        busy = Change.objects.open().values("scene")
        found = Scene.objects.filter(pk__in=self.detections().values("scene")).exclude(pk__in=busy)
        return found.in_no_open_batch().order_by("-created_at", "-id")


def outdated() -> Outdated:
    """As the rows say now: three queries, whatever the number of scenes."""
    today = tagger_models.of_today(configuration.current())
    if not today:
        return Outdated({}, {})
    all_models = list(TaggerModel.objects.all())
    good = {
        category: {model.pk for model in all_models if any(is_good(model, current) for current in models)}
        for category, models in today.items()
    }
    old = {
        pk: frozenset(category for category in today if seen.get(category) not in good[category])
        for pk, seen in TaggerModelSet.objects.values_list("pk", "models")
    }
    names = {category: ", ".join(sorted(map(str, models))) for category, models in today.items()}
    return Outdated(names, {pk: categories for pk, categories in old.items() if categories})


def is_good(model: TaggerModel, today: TaggerModel) -> bool:
    """Whether it is the one of today, or a later version of it, as after a step back."""
    if (model.name, model.identifier) != (today.name, today.identifier):
        return False
    return model.version == today.version or version_key(model.version) > version_key(today.version)


def version_key(version: str) -> tuple[int, ...]:
    """2.10 comes after 2.9; without numbers it is as old as can be."""
    return tuple(int(number) for number in NUMBERS.findall(version))


def counts() -> list[CategoryCount]:
    """For each category of which anything is outdated: how many scenes. One query more."""
    found = outdated()
    rows = found.detections().order_by().values_list("seen_with").annotate(scenes=Count("pk"))
    by_set: dict[int | None, int] = dict(rows.values_list("seen_with", "scenes"))
    sets = dict(TaggerModelSet.objects.filter(pk__in=[pk for pk in by_set if pk]).values_list("pk", "models"))
    counted = []
    for category in sorted(found.today):
        lacking = {pk: count for pk, count in by_set.items() if pk and category in found.sets[pk]}
        unseen = sum(count for pk, count in lacking.items() if category not in sets[pk])
        older = sum(lacking.values()) - unseen + by_set.get(None, 0)
        if older or unseen:
            counted.append(CategoryCount(category, found.today[category], older, unseen))
    return counted
