"""What has to change in a scene for it to have what the rules give it: and of what we made, nothing else.

What somebody else made, or has changed since, is left alone. So is a tag that ignores Stash's auto tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scenes.analysis.detectors import Proposal
from scenes.analysis.scene_inputs import KnownMarker, LibraryTags, MadeMarker, SceneInput
from scenes.analysis.video_tags.evaluation import EvaluatedMarker, EvaluatedTag, Evaluation, Sighting
from scenes.models import Change
from scenes.plans import reasons
from scenes.plans.evidence import DetectorModel, Evidence, Span
from scenes.plans.values import rounded, spot_of_marker
from scenes.rules.rule_set import DEFAULT

# Tag id (None: not in the library yet), title, start and end in milliseconds.
MarkerKey = tuple[int | None, str, int, int | None]
Models = Mapping[str, DetectorModel]  # category of the tagger → the model that gives it


@dataclass(frozen=True)
class Difference:
    """Between what a scene has and what the rules give it; tags that ignore Stash's auto tag are none.

    ``other_tags`` (by id) and ``other_markers``: what the rules do not give; of them, what is ours has to go.
    """

    new_tags: list[EvaluatedTag]
    new_markers: list[EvaluatedMarker]
    other_tags: set[int]
    other_markers: list[tuple[KnownMarker, MarkerKey]]


def difference(scene_input: SceneInput, evaluation: Evaluation, tags: LibraryTags) -> Difference:
    """Most of a scene is as the rules want it, so each marker's key is made once, and little is left to look at."""
    given = [(tag, tags.id_of(tag.name)) for tag in evaluation.tags]
    unset = scene_input.tag_ids | tags.ignoring_auto_tag
    tag_ids = {id(source): tags.id_of(source.name) for source, _ in evaluation.spots}
    wanted = [(spot, (tag_ids[id(spot[0])], spot[0].name, *spot[0].spot(spot[1]))) for spot in evaluation.spots]
    present = [(marker, key_of(marker)) for marker in scene_input.markers]
    wanted_keys, present_keys = {key for _, key in wanted}, {key for _, key in present}
    new_markers = [
        source.marker(joined)
        for (source, joined), key in wanted
        if key not in present_keys and key[0] not in tags.ignoring_auto_tag
    ]
    return Difference(
        [tag for tag, pk in given if pk not in unset],
        new_markers,
        scene_input.tag_ids - tags.ignoring_auto_tag - {pk for _, pk in given},
        [(marker, key) for marker, key in present if key not in wanted_keys],
    )


def proposals(
    scene_input: SceneInput, found: Difference, tags: LibraryTags, models: Models | None = None
) -> list[Proposal]:
    """Additions, then removals. ``models``: None: without evidence, where nobody reads it."""
    proposed = []
    for tag in found.new_tags:
        evidence = None if models is None else _evidence(tag.sightings, reason_for_tag(tag), models)
        proposed.append(Proposal(Change.Kind.ADD_TAG, {"name": tag.name}, tag.confidence, evidence))
    for marker in found.new_markers:
        evidence = None if models is None else _evidence(marker.sightings, reason_for_marker(marker), models, marker)
        proposed.append(Proposal(Change.Kind.ADD_MARKER, value_of(marker), marker.confidence, evidence))
    for tag_id in sorted(scene_input.our_tags & found.other_tags):
        if name := tags.name_of(tag_id):
            proposed.append(Proposal(Change.Kind.REMOVE_TAG, {"tag_id": tag_id, "name": name}))
    made = {ours.after.get("marker_id"): key_made(ours) for ours in scene_input.our_markers}
    for known, key in found.other_markers:
        if key == made.get(known.id):  # ours, and nobody changed it since
            title, start, end = spot_of_marker(known)
            value = {"marker_id": known.id, "tag": tags.name_of(known.primary_tag_id) or ""}
            proposed.append(Proposal(Change.Kind.REMOVE_MARKER, value | {"title": title, "start": start, "end": end}))
    return proposed


def value_of(marker: EvaluatedMarker) -> dict[str, Any]:
    """Of an add_marker."""
    return {"tag": marker.name, "title": marker.name, "start": marker.start, "end": marker.end}


def key_of(marker: KnownMarker) -> MarkerKey:
    """In whole numbers: of 10,000 scenes there are half a million, and rounding to digits takes four times as long."""
    _, _, title, start, end, tag = marker
    return tag, title, round(start * 1000), None if end is None else round(end * 1000)


def key_made(made: MadeMarker) -> MarkerKey:
    """Of the marker as our change made it."""
    value, end = made.value, made.value["end"]
    milliseconds = round(value["start"] * 1000), None if end is None else round(end * 1000)
    return made.after.get("tag_id"), value["title"], *milliseconds


def reason_for_tag(tag: EvaluatedTag) -> str:
    """For people: "Kissing: seen for 130 s, 7% of the film; 15s or 25% is enough"."""
    known = {"rule": tag.rule.name, "seconds": f"{tag.seconds:.0f}", "required": str(tag.rule.required)}
    is_default = tag.rule.name == DEFAULT
    if tag.share is None:
        return (reasons.TAG_BY_DEFAULT if is_default else reasons.TAG_BY_RULE).format(**known)
    text = reasons.SHARE_BY_DEFAULT if is_default else reasons.SHARE_BY_RULE
    return text.format(**known, share=f"{tag.share:.0%}")


def reason_for_marker(marker: EvaluatedMarker) -> str:
    rule = marker.rule
    text = reasons.MARKER_BY_DEFAULT if rule.name == DEFAULT else reasons.MARKER_BY_RULE
    return text.format(rule=rule.name, least=f"{rule.min_marker:g}", gap=f"{rule.max_gap:g}")


def _evidence(
    sightings: Iterable[Sighting], rule: str, models: Models, marker: EvaluatedMarker | None = None
) -> Evidence:
    """``marker``: only what was seen in it."""
    seen = list(sightings)
    model = next((models[sighting.category] for sighting in seen if sighting.category in models), None)
    spans = [span for sighting in seen for span in sighting.spans if marker is None or is_in(span, marker)]
    return Evidence(model=model, spans=sorted(spans, key=lambda span: span[0]), rule=rule)


def is_in(span: Span, marker: EvaluatedMarker) -> bool:
    return rounded(span[0]) >= marker.start and (marker.end is None or span[0] <= marker.end)
