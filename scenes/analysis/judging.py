"""From what the tagger saw to what a scene gets by the rules: tags, and markers for the stretches worth finding.

Pure: it reads and writes nothing, so the rules can be tried on spans that were kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from scenes.analysis.stretches import Joined, Stretch, join, stretches
from scenes.clients.stash.names import folded
from scenes.clients.tagger.answers import TagSpan
from scenes.plans.values import MILLISECONDS
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


class SceneMarker(NamedTuple):
    """A marker that the scene gets; times in seconds, to the millisecond. ``seen``: for how long its tag was."""

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


Seen = tuple[Rule, Sighting, list[Stretch]]  # what one tag of the tagger gives


@dataclass
class _Group:
    """What comes to one name of ours."""

    name: str
    seen: list[Seen] = field(default_factory=list)


def sightings_of(spans: Iterable[TagSpan], frame_interval: float) -> list[Sighting]:
    """Those of a film, by category and tag. ``frame_interval``: seconds between the frames looked at."""
    found: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        found.setdefault((span.category, span.tag), []).append((span.start, span.end, span.confidence))
    return [Sighting(tag, seen, frame_interval, category) for (category, tag), seen in found.items()]


def judge(
    sightings: Iterable[Sighting], duration: float | None, rules: RuleSet, max_markers: int | None = None
) -> Judgement:
    """``duration``: seconds of the film; None: unknown. ``max_markers``: for each half hour; None: all of them.

    Where several tags of the tagger lead to one of ours, their seconds count together, by any rule of theirs.
    """
    tags: list[SceneTag] = []
    markers: list[SceneMarker] = []
    for group in _groups(sightings, duration, rules):
        giving = [one for one in group.seen if one[0].gives_markers]
        tagging = [one for one in group.seen if one[0].tags_scene]
        joined = list(join(_parts(giving), max((rule.max_gap for rule, _, _ in giving), default=0.0)))
        markers += _markers(group.name, giving, joined)
        tags += _tag(group.name, tagging, joined if tagging == giving else list(join(_parts(tagging), 0.0)), duration)
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


def _parts(seen: Sequence[Seen]) -> list[Stretch]:
    """By their start."""
    return sorted(chain.from_iterable(found for _, _, found in seen), key=itemgetter(0))


def _tag(name: str, seen: Sequence[Seen], joined: Sequence[Joined], duration: float | None) -> list[SceneTag]:
    seconds = sum([seconds for _, _, _, _, seconds in joined])
    rule = next((rule for rule, _, _ in seen if rule.required.is_met(seconds, duration)), None)
    if rule is None:
        return []
    share = min(1.0, seconds / duration) if duration else None
    confidence = max([confidence for _, _, _, confidence, _ in joined if confidence is not None], default=None)
    return [SceneTag(name, confidence, seconds, share, rule, tuple(sighting for _, sighting, _ in seen))]


def _markers(name: str, seen: Sequence[Seen], joined: Iterable[Joined]) -> list[SceneMarker]:
    sightings = tuple(sighting for _, sighting, _ in seen)
    if not seen:
        return []
    rule, shortest = seen[0][0], min(rule.min_marker for rule, _, _ in seen)
    return [
        SceneMarker(
            name,
            round(start, MILLISECONDS),
            None if is_moment else round(stop, MILLISECONDS),
            confidence,
            seconds,
            rule,
            sightings,
        )
        for start, stop, is_moment, confidence, seconds in joined
        if stop - start >= shortest
    ]


def _most_seen(markers: list[SceneMarker], duration: float | None, limit: int | None) -> list[SceneMarker]:
    """As they were given, without those of the shortest sight where there are too many."""
    length = duration or max((marker.end or marker.start for marker in markers), default=0.0)
    most = len(markers) if limit is None else math.floor(limit * max(1.0, length / HALF_HOUR))
    if len(markers) <= most:
        return markers
    kept = sorted(range(len(markers)), key=lambda i: (-markers[i].seen, markers[i].start))[:most]
    return [markers[i] for i in sorted(kept)]
