"""From what the tagger saw to what a scene gets by the rules: tags, and markers for the stretches worth finding.

Pure: it reads and writes nothing, so the rules can be tried on spans that were kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scenes.analysis.spans import Times, thousandths
from scenes.analysis.video_tags.stretches import Joined, Stretches, best, is_moment, join, stretches, together
from scenes.clients.stash.names import folded
from scenes.clients.tagger.answers import TagSpan
from scenes.rules.rule_set import Rule, RuleSet

HALF_HOUR = 1800.0  # seconds: the unit of the limit of markers

Span = tuple[float, float | None, float | None]  # start, end (None: one frame), seconds; confidence


class Sighting(NamedTuple):
    """A tag as the tagger calls it, where it was seen, and how many seconds lie between the frames looked at."""

    tag: str
    times: Times
    frame_interval: float
    category: str = ""

    @property
    def spans(self) -> list[Span]:
        """In seconds, by their start."""
        return self.times.spans()


@dataclass(frozen=True)
class EvaluatedTag:
    """A tag that the scene gets, by our name. ``share``: of the film, 0…1; None where its duration is not known."""

    name: str
    confidences: Sequence[int | None]
    seconds: float
    share: float | None
    rule: Rule
    sightings: tuple[Sighting, ...]

    @property
    def confidence(self) -> float | None:
        """The best."""
        return best(self.confidences)


class EvaluatedMarker(NamedTuple):
    """A marker that the scene gets; times in seconds, to the millisecond. ``seen``: for how long its tag was."""

    name: str
    start: float
    end: float | None
    confidence: float | None
    seen: float
    rule: Rule
    sightings: tuple[Sighting, ...]


Seen = tuple[Rule, Sighting, Stretches]  # what one tag of the tagger gives


class _Source(NamedTuple):
    """What tag and markers of one name are made of, by the rules of some tags of the tagger."""

    name: str
    rules: Sequence[Rule]
    sightings: tuple[Sighting, ...]
    stretches: Stretches

    @classmethod
    def of(cls, name: str, seen: Sequence[Seen]) -> _Source:
        rules, sightings, found = zip(*seen, strict=True)
        return cls(name, rules, sightings, together(found))

    def joined(self) -> tuple[int, list[Joined]]:
        """For how long it was seen, and its markers."""
        gap = max([rule.max_gap for rule in self.rules])
        shortest = min([rule.min_marker for rule in self.rules])
        return join(self.stretches, round(gap * 1000), round(shortest * 1000))

    def spot(self, joined: Joined) -> tuple[int, int | None]:
        """Start and end of its marker, in milliseconds."""
        return joined[0], None if is_moment(self.stretches, joined) else joined[1]

    def marker(self, joined: Joined) -> EvaluatedMarker:
        _, _, first, end, seconds = joined
        (start, stop), confidence = self.spot(joined), best(self.stretches.confidences[first:end])
        until = None if stop is None else stop / 1000
        return EvaluatedMarker(
            self.name, start / 1000, until, confidence, seconds / 1000, self.rules[0], self.sightings
        )

    def tags(self, seconds: float, duration: float | None) -> list[EvaluatedTag]:
        """The tag, if it was seen for long enough."""
        met = [rule for rule in self.rules if rule.required.is_met(seconds, duration)]
        if not met:
            return []
        share = min(1.0, seconds / duration) if duration else None
        return [EvaluatedTag(self.name, self.stretches.confidences, seconds, share, met[0], self.sightings)]


Possible = tuple[_Source, Joined]  # a marker, if there are not too many


@dataclass(frozen=True)
class Evaluation:
    """``spots``: of its markers, made of those alone that somebody wants to see: most are in the scene already.

    ``left_out``: markers of which there would be too many.
    """

    tags: list[EvaluatedTag]
    spots: list[Possible]
    left_out: int = 0

    @property
    def markers(self) -> list[EvaluatedMarker]:
        return [source.marker(joined) for source, joined in self.spots]


Group = tuple[str, list[Seen]]  # what comes to one name of ours


def sightings_of(spans: Iterable[TagSpan], frame_interval: float) -> list[Sighting]:
    """Those of a film, by category and tag. ``frame_interval``: seconds between the frames looked at."""
    found: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        found.setdefault((span.category, span.tag), []).append((span.start, span.end, span.confidence))
    return [Sighting(tag, Times.of(seen), frame_interval, category) for (category, tag), seen in found.items()]


def evaluate(
    sightings: Iterable[Sighting], duration: float | None, rules: RuleSet, max_markers: int | None = None
) -> Evaluation:
    """``duration``: seconds of the film; None: unknown. ``max_markers``: for each half hour; None: all of them.

    Where several tags of the tagger lead to one of ours, their seconds count together, by any rule of theirs.
    """
    tags: list[EvaluatedTag] = []
    markers: list[Possible] = []
    for name, seen in _groups(sightings, duration, rules):
        giving = [item for item in seen if item[0].gives_markers]
        tagging = [item for item in seen if item[0].tags_scene]
        if giving:
            source = _Source.of(name, giving)
            milliseconds, joined = source.joined()
            markers += [(source, marker) for marker in joined]
        if tagging and tagging != giving:
            source = _Source.of(name, tagging)
            milliseconds, _ = join(source.stretches, 0)
        if tagging:
            tags += source.tags(milliseconds / 1000, duration)
    kept = _most_seen(markers, duration, max_markers)
    return Evaluation(tags, kept, len(markers) - len(kept))


def _groups(sightings: Iterable[Sighting], duration: float | None, rules: RuleSet) -> Iterable[Group]:
    groups: dict[str, Group] = {}
    film_end = thousandths(duration) if duration else None
    for sighting in sightings:
        tag, times, interval, _ = sighting
        if name := rules.our_name(tag):
            rule = rules.rule_for(tag)
            found = stretches(times, thousandths(interval), film_end, thousandths(rule.min_confidence))
            if found.starts:
                key = folded(name)
                group = groups[key] if key in groups else groups.setdefault(key, (name, []))
                group[1].append((rule, sighting, found))
    return groups.values()


def _most_seen(markers: list[Possible], duration: float | None, limit: int | None) -> list[Possible]:
    """As they were given, without those of the shortest sight where there are too many."""
    length = duration or max((stop for _, (_, stop, *_) in markers), default=0) / 1000
    most = len(markers) if limit is None else math.floor(limit * max(1.0, length / HALF_HOUR))
    if len(markers) <= most:
        return markers
    by_sight = [(-joined[4], joined[0], index) for index, (_, joined) in enumerate(markers)]
    return [markers[index] for index in sorted(index for _, _, index in sorted(by_sight)[:most])]
