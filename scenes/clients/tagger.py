"""The video tagger: an HTTP server that looks at the frames of a film and names what it sees.

Its every error is 400, be it a missing file or a bug in a model, so 400 is about this one file and everything
else is about the server. Callers treat the two differently, so they are two classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, FiniteFloat, Json, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from jobs.waiting import Waiter
from scenes.clients.base import MAX_TEXT, READ, Limits, ServiceError
from scenes.clients.http_service import Answer, HttpService

TOTAL = 3700.0  # seconds for one film; what the tagger's other clients wait
MAX_ANSWER = 64 * 1024 * 1024  # bytes

Seconds = Annotated[FiniteFloat, Field(ge=0)]


class TaggerRefusedFile(ServiceError):
    """The tagger could not handle this one file (code ``refused_file``); the next one may go well."""


@dataclass(frozen=True)
class TagSpan:
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


class RawSpan(TypedDict):
    start: Seconds
    end: NotRequired[Seconds | None]
    confidence: NotRequired[FiniteFloat | None]  # older servers
    totalConfidence: NotRequired[FiniteFloat | None]  # newer ones


RawSpans = dict[str, dict[str, list[RawSpan]]]


class NewerInfo(TypedDict):
    video_duration: Seconds
    video_tags: dict[str, list[str]]
    tag_timespans: RawSpans
    tag_totals: NotRequired[dict[str, dict[str, Seconds]] | None]


class OlderMetadata(TypedDict):
    duration: NotRequired[Seconds | None]


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


_NEWER = TypeAdapter(NewerAnswer)
_OLDER = TypeAdapter(OlderAnswer)


class TaggerClient(HttpService):
    """One tagger server. Further codes: ``refused_file`` (TaggerRefusedFile), ``not_ready``."""

    service = "Video tagger"
    unauthorized_hint = "StashHog knows of no login for it; look at the proxy before it."

    def __init__(self, url: str, waiter: Waiter | None = None, *, read: Limits = READ, timeout: float = TOTAL):
        """``timeout``: seconds in all for one film."""
        super().__init__(url, waiter, read=read)
        self._film_limits = Limits(read.connect, timeout, timeout, MAX_ANSWER)

    def ready(self) -> Literal["ready", "healthy", "reachable"]:
        """How it is known to work: ``/ready``, ``/health``, or its answering at all (old ones know neither).

        Raises ServiceError: ``not_ready`` while its models are being loaded, or what else is wrong.
        """
        if self._is_good("/ready"):
            return "ready"
        return "healthy" if self._is_good("/health") else "reachable"

    def _is_good(self, path: str) -> bool:
        answer = self.request("GET", path)
        if answer.status == 404:
            return False
        if answer.status == 503:
            raise self.error("not_ready", "is still loading its models.", "It is tried again later.")
        self.check_status(answer)
        return True

    def process_video(
        self, path: str, *, frame_interval: float = 2.0, threshold: float = 0.3, vr_video: bool = False
    ) -> VideoAnalysis:
        """What it sees in the film at ``path``, a path on the tagger's own machine. Takes minutes.

        ``frame_interval``: seconds between the frames it looks at; ``threshold``: least confidence, 0…1.
        Raises TaggerRefusedFile (about this file) or another ServiceError (about the server).
        """
        question = {
            "path": path,
            "frame_interval": frame_interval,
            "threshold": threshold,
            "return_confidence": True,
            "vr_video": vr_video,
            "returnTimestamps": True,
        }
        answer = self.request("POST", "/process_video/", json=question, limits=self._film_limits)
        if answer.status == 400:
            raise self._refused(answer)
        self.check_status(answer)
        return self._analysis(answer, frame_interval)

    def _refused(self, answer: Answer) -> TaggerRefusedFile:
        said = self.clean(_detail(answer))[:MAX_TEXT] or "it did not say why"
        hint = "Is the file whole, and is its path mapped to where the tagger sees it?"
        return TaggerRefusedFile(self.service, "refused_file", f"cannot handle this file: {said}.", hint)

    def _analysis(self, answer: Answer, frame_interval: float) -> VideoAnalysis:
        try:
            return _newer(_NEWER.validate_json(answer.body)["result"]["video_tag_info"], frame_interval)
        except ValidationError as problem:
            first_problem = problem
        try:
            return _older(_OLDER.validate_json(answer.body)["result"]["json_result"], frame_interval)
        except ValidationError:
            raise self._bad_answer(first_problem) from None

    def _bad_answer(self, problem: ValidationError) -> ServiceError:
        first = problem.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        hint = "Is it a video tagger that answers at this address, and in a version that StashHog knows?"
        return self.error("bad_answer", f"unexpected answer: {place}: {first['msg']}"[:MAX_TEXT], hint)


class _Detail(TypedDict):
    detail: Any


_DETAIL = TypeAdapter(_Detail)


def _detail(answer: Answer) -> str:
    try:
        return str(_DETAIL.validate_json(answer.body)["detail"]).rstrip(".")
    except ValidationError:
        return answer.text


def _newer(info: NewerInfo, frame_interval: float) -> VideoAnalysis:
    spans = _spans(info["tag_timespans"])
    tags = {category: tuple(names) for category, names in info["video_tags"].items()}
    totals = info.get("tag_totals") or _totals(spans, frame_interval)
    return VideoAnalysis(info["video_duration"], tags, totals, spans)


def _older(info: OlderInfo, frame_interval: float) -> VideoAnalysis:
    spans = _spans(info["timespans"])
    tags = {category: tuple(found) for category, found in info["timespans"].items()}
    duration = (info.get("metadata") or {}).get("duration")
    return VideoAnalysis(duration, tags, _totals(spans, frame_interval), spans)


def _spans(raw: RawSpans) -> tuple[TagSpan, ...]:
    return tuple(
        _span(category, tag, span) for category, tags in raw.items() for tag, spans in tags.items() for span in spans
    )


def _span(category: str, tag: str, raw: RawSpan) -> TagSpan:
    end = raw.get("end")
    confidence = raw.get("totalConfidence", raw.get("confidence"))
    # Seen in a single frame, some give the end as the start. Stash refuses an end before the start.
    return TagSpan(category, tag, raw["start"], end if end is not None and end > raw["start"] else None, confidence)


def _totals(spans: tuple[TagSpan, ...], frame_interval: float) -> dict[str, dict[str, float]]:
    """Seconds in which each tag was seen; a single frame stands for the time until the next."""
    totals: dict[str, dict[str, float]] = {}
    for span in spans:
        seconds = frame_interval if span.end is None else span.end - span.start
        tags = totals.setdefault(span.category, {})
        tags[span.tag] = tags.get(span.tag, 0.0) + seconds
    return totals
