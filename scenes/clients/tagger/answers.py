"""What the answers of the tagger mean, in those of v3 (of today) and of the older servers.

Small slips of a model (a start just before the film, a span without times, a total that is null) cost that span
or total alone. What makes no sense as a whole is a ValidationError.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple, NotRequired

from pydantic import (
    AfterValidator,
    Field,
    FiniteFloat,
    Json,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)
from typing_extensions import TypedDict

from scenes.clients.tagger.models import MAX_MODELS, Model, ModelRows, models_of
from scenes.clients.validators import or_none

SLIP = 1.0  # seconds: a start so little before the film is its beginning
LONGEST = 1e7  # seconds: no film is that long
MAX_NAMES = 2000  # categories, or tags of one: beyond it is no list of what a model sees
MAX_SPANS = 100_000  # in one film


class TagSpan(NamedTuple):
    """A stretch of a film, in seconds, in which a tag was seen; ``end`` None: one moment only."""

    category: str
    tag: str
    start: float
    end: float | None
    confidence: float | None  # 0…1


@dataclass(frozen=True)
class VideoAnalysis:
    """What the tagger saw in one film."""

    duration: float | None  # seconds
    tags: dict[str, tuple[str, ...]]  # category → tags of the whole film
    totals: dict[str, dict[str, float]]  # category → tag → seconds in which it was seen
    spans: tuple[TagSpan, ...]
    # Of v3 only:
    frame_interval: float | None = None  # seconds between the frames that it looked at
    models: tuple[Model, ...] = ()  # that it says it saw with

    def without(self, categories: Collection[str]) -> VideoAnalysis:
        """The same, but for what was seen of these categories."""
        if not categories:
            return self
        return replace(
            self,
            tags={category: tags for category, tags in self.tags.items() if category not in categories},
            totals={category: totals for category, totals in self.totals.items() if category not in categories},
            spans=tuple(span for span in self.spans if span.category not in categories),
        )


def within_the_film(start: float) -> float:
    """A start of a span in seconds, not before the film's."""
    if start < -SLIP:
        raise ValueError("before the film")
    return max(0.0, start)


def as_kept(number: float) -> float:
    """As exact as spans are kept, or rules that are tried on those would give other markers than the answer did."""
    return round(number, 3)


def some_understood(spans: list[RawSpan | None]) -> list[RawSpan | None]:
    """The spans of a tag, of which some may be None for what makes no sense, but not all."""
    if spans and not any(spans):
        raise ValueError("none of the time spans can be understood")
    return spans


def not_too_many(raw: dict[str, dict[str, list[RawSpan | None]]]) -> dict[str, dict[str, list[RawSpan | None]]]:
    """By category and tag; all together bounded, since each is kept."""
    if sum(len(spans) for tags in raw.values() for spans in tags.values()) > MAX_SPANS:
        raise ValueError(f"more than {MAX_SPANS:,} time spans")
    return raw


# Longer is no name of a tag, and PostgreSQL keeps no NUL.
Name = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*\z")]
Seconds = Annotated[Annotated[FiniteFloat, Field(ge=0, le=LONGEST)] | None, WrapValidator(or_none)]
Confidence = Annotated[FiniteFloat | None, WrapValidator(or_none)]


class RawSpan(TypedDict):
    start: Annotated[FiniteFloat, Field(le=LONGEST), AfterValidator(within_the_film), AfterValidator(as_kept)]
    end: NotRequired[Annotated[FiniteFloat, Field(le=LONGEST), AfterValidator(as_kept)] | None]
    confidence: NotRequired[Confidence]  # all others
    totalConfidence: NotRequired[Confidence]  # the newer ones before v3


Spans = Annotated[
    list[Annotated[RawSpan | None, WrapValidator(or_none)]],
    Field(max_length=MAX_SPANS),
    AfterValidator(some_understood),
]
OfTags = Annotated[dict[Name, Spans], Field(max_length=MAX_NAMES)]
RawSpans = Annotated[dict[Name, OfTags], Field(max_length=MAX_NAMES), AfterValidator(not_too_many)]


class NewerInfo(TypedDict):
    video_duration: NotRequired[Seconds]
    video_tags: dict[Name, list[Name]]
    tag_timespans: RawSpans
    tag_totals: NotRequired[dict[Name, dict[Name, Seconds]] | None]


class OlderMetadata(TypedDict):
    duration: NotRequired[Seconds]


class OlderInfo(TypedDict):
    timespans: RawSpans
    metadata: NotRequired[OlderMetadata | None]


class NewerResult(TypedDict):
    video_tag_info: NewerInfo


class OlderResult(TypedDict):
    json_result: OlderInfo | Json[OlderInfo]


class NewerAnswer(TypedDict):
    result: NewerResult


class OlderAnswer(TypedDict):
    result: OlderResult


class V3Info(TypedDict):
    duration: NotRequired[Seconds]
    frame_interval: NotRequired[Seconds]
    models: NotRequired[Annotated[ModelRows | None, Field(max_length=MAX_MODELS), WrapValidator(or_none)]]
    timespans: RawSpans


class V3Answer(TypedDict):
    result: V3Info


class AnyResult(TypedDict):
    result: dict[str, Any] | None


class AnyTimespans(TypedDict):
    timespans: Any


_NEWER = TypeAdapter(NewerAnswer)
_OLDER = TypeAdapter(OlderAnswer)
_V3 = TypeAdapter(V3Answer)
_V3_ALONE = TypeAdapter(V3Info)  # of some versions between
_ANY = TypeAdapter[AnyResult | AnyTimespans](AnyResult | AnyTimespans)


def v3_analysis(body: bytes, frame_interval: float) -> VideoAnalysis:
    """What an answer to the question of v3 says, in both of its forms. Raises ValidationError.

    ``frame_interval``: what was asked for, in seconds, in case that the answer does not tell.
    """
    try:
        return from_v3(_V3.validate_json(body)["result"], frame_interval)
    except ValidationError as problem:
        first_problem = problem
    try:
        return from_v3(_V3_ALONE.validate_json(body), frame_interval)
    except ValidationError:
        raise first_problem from None


def from_v3(info: V3Info, asked_interval: float) -> VideoAnalysis:
    """What a server of today says: the totals and the tags of the film are made from the spans."""
    spans, interval = _spans(info["timespans"]), info.get("frame_interval") or asked_interval
    tags = {category: tuple(found) for category, found in info["timespans"].items()}
    models = models_of(info.get("models") or [])
    return VideoAnalysis(info.get("duration"), tags, _totals(spans, interval), spans, interval, models)


def analysis(body: bytes, frame_interval: float) -> VideoAnalysis:
    """What an answer says; ``frame_interval``: seconds between the frames. Raises ValidationError."""
    try:
        return from_newer(_NEWER.validate_json(body)["result"]["video_tag_info"], frame_interval)
    except ValidationError as problem:
        first_problem = problem
    try:
        return from_older(_OLDER.validate_json(body)["result"]["json_result"], frame_interval)
    except ValidationError:
        raise first_problem from None


def is_about_a_film(body: bytes) -> bool:
    """Whether at least its frame is that of a tagger's answer: JSON with a ``result``, or with time spans."""
    try:
        _ANY.validate_json(body)
    except ValidationError:
        return False
    return True


def from_newer(info: NewerInfo, frame_interval: float) -> VideoAnalysis:
    """What a server says that tells the totals."""
    spans = _spans(info["tag_timespans"])
    tags = {category: tuple(names) for category, names in info["video_tags"].items()}
    totals = {
        category: {tag: seconds for tag, seconds in by_tag.items() if seconds is not None}
        for category, by_tag in (info.get("tag_totals") or {}).items()
    }
    return VideoAnalysis(info.get("video_duration"), tags, totals or _totals(spans, frame_interval), spans)


def from_older(info: OlderInfo, frame_interval: float) -> VideoAnalysis:
    """What a server says that leaves the totals to whoever asks."""
    spans = _spans(info["timespans"])
    tags = {category: tuple(found) for category, found in info["timespans"].items()}
    duration = (info.get("metadata") or {}).get("duration")
    return VideoAnalysis(duration, tags, _totals(spans, frame_interval), spans)


def _spans(raw: RawSpans) -> tuple[TagSpan, ...]:
    rows = ((category, tag, span) for category, tags in raw.items() for tag, spans in tags.items() for span in spans)
    found = []
    for category, tag, span in rows:
        if span is not None:
            start, end = span["start"], span.get("end")
            # Seen in a single frame, some give the end as the start. Stash refuses an end before the start.
            until = end if end is not None and end > start else None
            confidence = usable(span.get("totalConfidence", span.get("confidence")))
            found.append(TagSpan(category, tag, start, until, confidence))
    return tuple(found)


def usable(confidence: float | None) -> float | None:
    """Some taggers give a sum over frames instead, which says nothing on its own."""
    return as_kept(confidence) if confidence is not None and 0 <= confidence <= 1 else None


def _totals(spans: tuple[TagSpan, ...], frame_interval: float) -> dict[str, dict[str, float]]:
    """Seconds in which each tag was seen; a single frame stands for the time until the next."""
    totals: dict[str, dict[str, float]] = {}
    for span in spans:
        seconds = frame_interval if span.end is None else span.end - span.start
        tags = totals.setdefault(span.category, {})
        tags[span.tag] = tags.get(span.tag, 0.0) + seconds
    return totals
