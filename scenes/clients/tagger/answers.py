"""What the answers of the tagger mean, in the newer and both older forms.

Small slips of a model (a start just before the film, a span without times, a total that is null) cost that span
or total alone. What makes no sense as a whole is a ValidationError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, NotRequired

from pydantic import (
    AfterValidator,
    Field,
    FiniteFloat,
    Json,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from typing_extensions import TypedDict

SLIP = 1.0  # seconds: a start so little before the film is its beginning


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


def _or_none(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    try:
        return check(value)
    except ValidationError:
        return None


def within_the_film(start: float) -> float:
    """A start of a span in seconds, not before the film's."""
    if start < -SLIP:
        raise ValueError("before the film")
    return max(0.0, start)


def some_understood(spans: list[RawSpan | None]) -> list[RawSpan | None]:
    """The spans of a tag, of which some may be None for what makes no sense, but not all."""
    if spans and not any(spans):
        raise ValueError("none of the time spans can be understood")
    return spans


# Longer is no name of a tag, and PostgreSQL keeps no NUL.
Name = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*\z")]
Seconds = Annotated[Annotated[FiniteFloat, Field(ge=0)] | None, WrapValidator(_or_none)]


class RawSpan(TypedDict):
    start: Annotated[FiniteFloat, AfterValidator(within_the_film)]
    end: NotRequired[FiniteFloat | None]
    confidence: NotRequired[Annotated[FiniteFloat | None, WrapValidator(_or_none)]]  # older servers
    totalConfidence: NotRequired[Annotated[FiniteFloat | None, WrapValidator(_or_none)]]  # newer ones


Spans = Annotated[list[Annotated[RawSpan | None, WrapValidator(_or_none)]], AfterValidator(some_understood)]
RawSpans = dict[Name, dict[Name, Spans]]


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


class AnyResult(TypedDict):
    result: dict[str, Any] | None


_NEWER = TypeAdapter(NewerAnswer)
_OLDER = TypeAdapter(OlderAnswer)
_ANY = TypeAdapter(AnyResult)


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
    """Whether at least its frame is that of a tagger's answer: JSON with a ``result``."""
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
            found.append(TagSpan(category, tag, start, until, span.get("totalConfidence", span.get("confidence"))))
    return tuple(found)


def _totals(spans: tuple[TagSpan, ...], frame_interval: float) -> dict[str, dict[str, float]]:
    """Seconds in which each tag was seen; a single frame stands for the time until the next."""
    totals: dict[str, dict[str, float]] = {}
    for span in spans:
        seconds = frame_interval if span.end is None else span.end - span.start
        tags = totals.setdefault(span.category, {})
        tags[span.tag] = tags.get(span.tag, 0.0) + seconds
    return totals
