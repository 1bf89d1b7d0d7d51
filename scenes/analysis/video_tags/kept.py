"""What the tagger saw in scenes once, as it was kept: enough to evaluate it by other rules without asking again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scenes.analysis.spans import unpacked_by_tag
from scenes.analysis.video_tags.evaluation import Sighting
from scenes.models import TaggerResult
from scenes.plans.evidence import DetectorModel

COLUMNS = ("scene_id", "category", "frame_interval", "duration", "spans")
MODEL = ("model__name", "model__identifier", "model__version")


@dataclass
class KeptResults:
    """Of one scene. ``duration``: seconds of the film as the tagger said; ``models``: by category."""

    sightings: list[Sighting] = field(default_factory=list)
    duration: float | None = None
    models: dict[str, DetectorModel] = field(default_factory=dict)
    is_damaged: bool = False


def kept_of(scene_ids: Sequence[int]) -> dict[int, KeptResults]:
    """By scene; without those of which nothing was kept, or what was can't be read. One query."""
    found: dict[int, KeptResults] = {}
    rows = TaggerResult.objects.filter(scene__in=scene_ids).order_by("scene_id", "category")
    for scene_id, category, interval, duration, spans, *model in rows.values_list(*COLUMNS, *MODEL):
        kept = found.setdefault(scene_id, KeptResults())
        kept.models[category] = DetectorModel(model[0], model[1], model[2], category)
        kept.duration = max(filter(None, (kept.duration, duration)), default=None)
        try:
            kept.sightings += [Sighting(tag, times, interval, of) for of, tag, times in unpacked_by_tag(spans)]
        except ValueError:
            kept.is_damaged = True
    return {pk: kept for pk, kept in found.items() if not kept.is_damaged}
