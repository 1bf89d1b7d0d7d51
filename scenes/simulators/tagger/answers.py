"""The forms an answer of the tagger may have, by the age of the server."""

import json
from copy import deepcopy
from typing import Any, Literal

from scenes.simulators.tagger.vision import Film, Seen

Answers = Literal["newer", "older", "older_text"]
Spoiled = Literal["slips", "nonsense"]  # some numbers are off; nothing of it is where it should be
MODELS = {"simulated_tagger": {"version": 1.0, "ai_model_id": 1}}


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


def spoiled(content: Any, how: Spoiled) -> Any:
    """A newer answer as a confused model may give it. Nonsense: all answers."""
    if how == "nonsense":
        return {"result": {"json_result": None, "video_tag_info": {"frames": []}}}
    content = deepcopy(content)
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
