"""From what the tagger saw to what a scene gets by the rules: tags, and markers for the stretches worth finding.

Pure: it reads and writes nothing, so the rules can be tried on spans that were kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from scenes.analysis.stretches import Stretch, join, seconds_of, stretches
from scenes.clients.stash.names import folded
from scenes.clients.tagger.answers import TagSpan
from scenes.plans.values import rounded
from scenes.rules.rule_set import Rule, RuleSet

HALF_HOUR = 1800.0  # seconds: the unit of the limit of markers

Span = tuple[float, float | None, float | None]  # start, end (None: one frame), seconds; confidence


@dataclass(frozen=True)
class Sighting:
    """A tag as the tagger calls it, where it was seen, and how many seconds lie between the frames looked at."""

    tag: str
    spans: Sequence[Span]
    frame_interval: float
    category: str = ""


@dataclass(frozen=True)
class SceneTag:
    """A tag that the scene gets, by our name. ``share``: of the film, 0…1; None where its duration is not known."""

    name: str
    confidence: float | None
    seconds: float
    share: float | None
    rule: Rule
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True)
class SceneMarker:
    """A marker that the scene gets; times are seconds. ``seen``: for how many of them its tag was."""

    name: str
    start: float
    end: float | None
    confidence: float | None
    seen: float
    rule: Rule
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True)
class Judgement:
    """``left_out``: markers of which there would be too many."""

    tags: list[SceneTag]
    markers: list[SceneMarker]
    left_out: int = 0


@dataclass
class _Group:
    """What comes to one name of ours: tags of the tagger, with the rule of each."""

    name: str
    seen: list[tuple[Rule, Sighting, list[Stretch]]] = field(default_factory=list)


def sightings_of(spans: Iterable[TagSpan], frame_interval: float) -> list[Sighting]:
    """Those of a film, by category and tag. ``frame_interval``: seconds between the frames looked at."""
    found: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        found.setdefault((span.category, span.tag), []).append((span.start, span.end, span.confidence))
    return [Sighting(tag, seen, frame_interval, category) for (category, tag), seen in found.items()]


def judge(
    sightings: Iterable[Sighting], duration: float | None, rules: RuleSet, max_markers: int | None = None
) -> Judgement:
    """``duration``: seconds of the film; None: unknown. ``max_markers``: for each half hour; None: all of them."""
    tags: list[SceneTag] = []
    markers: list[SceneMarker] = []
    for group in _groups(sightings, duration, rules):
        tags += _tag(group, duration)
        markers += _markers(group)
    kept = _most_seen(markers, duration, max_markers)
    return Judgement(tags, kept, len(markers) - len(kept))


def _groups(sightings: Iterable[Sighting], duration: float | None, rules: RuleSet) -> Iterable[_Group]:
    groups: dict[str, _Group] = {}
    for sighting in sightings:
        if name := rules.our_name(sighting.tag):
            rule = rules.rule_for(sighting.tag)
            found = stretches(sighting.spans, sighting.frame_interval, duration, rule.min_confidence)
            if found:
                groups.setdefault(folded(name), _Group(name)).seen.append((rule, sighting, found))
    return groups.values()


def _tag(group: _Group, duration: float | None) -> list[SceneTag]:
    """Where several tags of the tagger lead to one of ours, their seconds count together, by any rule of theirs."""
    tagging = [(rule, sighting, found) for rule, sighting, found in group.seen if rule.tags_scene]
    together = sorted((stretch for _, _, found in tagging for stretch in found), key=itemgetter(0))
    seconds = seconds_of(together)
    rule = next((rule for rule, _, _ in tagging if rule.required.is_met(seconds, duration)), None)
    if rule is None:
        return []
    share = min(1.0, seconds / duration) if duration else None
    confidence = _highest(together)
    return [SceneTag(group.name, confidence, seconds, share, rule, tuple(one for _, one, _ in tagging))]


def _markers(group: _Group) -> list[SceneMarker]:
    giving = [(rule, sighting, found) for rule, sighting, found in group.seen if rule.gives_markers]
    if not giving:
        return []
    max_gap = max(rule.max_gap for rule, _, _ in giving)
    shortest = min(rule.min_marker for rule, _, _ in giving)
    sightings = tuple(sighting for _, sighting, _ in giving)
    together = sorted((stretch for _, _, found in giving for stretch in found), key=itemgetter(0))
    return [
        SceneMarker(
            group.name,
            rounded(parts[0].start),
            None if len(parts) == 1 and parts[0].is_moment else rounded(stop),
            _highest(parts),
            seconds_of(parts),
            giving[0][0],
            sightings,
        )
        for parts, stop in join(together, max_gap)
        if stop - parts[0].start >= shortest
    ]


def _most_seen(markers: list[SceneMarker], duration: float | None, limit: int | None) -> list[SceneMarker]:
    """As they were given, without those of the shortest sight where there are too many."""
    length = duration or max((marker.end or marker.start for marker in markers), default=0.0)
    most = len(markers) if limit is None else math.ceil(limit * max(1.0, length / HALF_HOUR))
    if len(markers) <= most:
        return markers
    kept = sorted(range(len(markers)), key=lambda i: (-markers[i].seen, markers[i].start))[:most]
    return [markers[i] for i in sorted(kept)]


def _highest(parts: Iterable[Stretch]) -> float | None:
    return max((part.confidence for part in parts if part.confidence is not None), default=None)
