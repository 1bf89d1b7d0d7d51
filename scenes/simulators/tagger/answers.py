"""The forms an answer of the tagger may have, by the age of the server."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Literal

from scenes.simulators.tagger.vision import Film, Seen, Span

Answers = Literal["v3", "between", "newer", "older", "older_text"]
JOINED_BELOW = 2.0  # seconds between two spans
V3: tuple[Answers, ...] = ("v3", "between")  # between: the inner object of its answer, alone
Spoiled = Literal["slips", "nonsense"]  # some numbers are off; nothing of it is where it should be
MODELS = {"simulated_tagger": {"version": 1.0, "ai_model_id": 1}}
CURRENT_MODELS = (
    {"name": "simulated_scenery", "identifier": 1, "version": 1.0, "categories": ["light", "scenery", "mood"]},
    {"name": "simulated_moments", "identifier": 2, "version": 1.0, "categories": ["moments"]},
)


def answer(film: Film, answers: Answers, frame_interval: float, threshold: float, confidence: bool) -> Any:
    """Spans below `threshold` are left out; without `confidence` theirs is null."""
    seen = film.above(threshold)
    settings = {"frame_interval": frame_interval, "threshold": threshold}
    models = {name: {**model, **settings} for name, model in MODELS.items()}
    # What clients of older servers read, and newer ones still send for keeping.
    document = {
        "schema_version": 3,
        "metadata": {"duration": film.duration, "models": models},
        "timespans": _spans(seen, "confidence", confidence),
    }
    if answers == "older":
        return {"result": {"json_result": document}}
    if answers == "older_text":
        return {"result": {"json_result": json.dumps(document)}}
    info = {
        "video_duration": film.duration,
        "video_tags": {category: list(tags) for category, tags in seen.items()},
        "tag_totals": {
            category: {tag: round(sum(span.length for span in spans), 2) for tag, spans in tags.items()}
            for category, tags in seen.items()
        },
        "tag_timespans": _spans(seen, "totalConfidence", confidence),
    }
    return {"result": {"json_result": json.dumps(document), "video_tag_info": info}}


def v3_answer(
    film: Film, answers: Answers, frame_interval: float, threshold: float, models: Sequence[Mapping[str, Any]]
) -> Any:
    """Only categories that one of these models gives; spans less than 2 s apart are joined."""
    given = {category for model in models for category in model["categories"]}
    seen = {category: tags for category, tags in film.above(threshold).items() if category in given}
    joined = {category: {tag: _joined(spans) for tag, spans in tags.items()} for category, tags in seen.items()}
    inner = {
        "schema_version": 3,
        "duration": film.duration,
        "models": [dict(model) for model in models],
        "frame_interval": frame_interval,
        "timespans": _spans(joined, "confidence", True),
    }
    if answers == "between":
        return inner
    metrics = {"total_runtime_seconds": 0.5, "preprocess_seconds": 0.2, "ai_inference_seconds": 0.3}
    return {"result": inner, "metrics": {**metrics, "ai_model_count": len(models)}}


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        last = joined[-1] if joined else None
        if last is None or span.start - (last.start if last.end is None else last.end) >= JOINED_BELOW:
            joined.append(span)
            continue
        end = max(span.start if span.end is None else span.end, last.end or last.start)
        joined[-1] = Span(last.start, end, max(last.confidence, span.confidence))
    return joined


def spoiled(content: Any, how: Spoiled) -> Any:
    """A newer answer as a confused model may give it. Nonsense: all answers."""
    content = deepcopy(content)
    v3 = content.get("result", content)
    if "timespans" in v3 and how == "nonsense":
        v3["timespans"] = {"frames": []}
        return content
    if "timespans" in v3:
        v3["duration"] = None
        for spans in (spans for tags in v3["timespans"].values() for spans in tags.values()):
            spans[0]["start"] = -0.04
            spans.append({"start": None, "end": 1.0, "confidence": 0.5})
        return content
    if how == "nonsense":
        return {"result": {"json_result": None, "video_tag_info": {"frames": []}}}
    info = content["result"]["video_tag_info"]
    info["video_duration"] = None
    for category, tags in info["tag_timespans"].items():
        for tag, spans in tags.items():
            info["tag_totals"][category][tag] = None
            spans[0]["start"] = -0.04
            spans.append({"start": None, "end": 1.0, "totalConfidence": 0.5})
    return content


def _spans(seen: Seen, word: str, confidence: bool) -> dict[str, dict[str, list[dict[str, Any]]]]:
    return {
        category: {
            tag: [
                {"start": span.start, "end": span.end, word: span.confidence if confidence else None} for span in spans
            ]
            for tag, spans in tags.items()
        }
        for category, tags in seen.items()
    }
