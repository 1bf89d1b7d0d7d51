"""Asking again for the categories that are outdated, and replacing what the old models gave of those and nothing else.

What of ours belongs to them is told by the spans that were kept; of a scene without any, all that the tagger gave does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from scenes.analysis.detectors import Proposal
from scenes.analysis.scene_inputs import SceneInput
from scenes.analysis.spans import unpacked, unpacked_by_tag
from scenes.analysis.tagger.outdated import Outdated
from scenes.analysis.video_tags.evaluation import Sighting
from scenes.clients.stash.names import folded
from scenes.clients.tagger.answers import TagSpan
from scenes.models import Change, Detection, TaggerResult
from scenes.pieces import pieces

NEAR = 0.001  # seconds, by which times may be off that were rounded
Naming = Callable[[str], str]  # the tagger's name of a tag → ours, "" for one that is not wanted


def prepare(scene_inputs: Sequence[SceneInput], outdated: Outdated) -> None:
    """Say of each scene what is to be asked for again, and put in what was seen before. One query for 500 scenes."""
    for scene_input in scene_inputs:
        scene_input.renew = outdated.categories(scene_input.detections.get(Detection.VIDEO_TAGS))
    load_kept([scene_input for scene_input in scene_inputs if scene_input.renew])


def load_kept(scene_inputs: Sequence[SceneInput]) -> None:
    """Put in what was seen in them before. One query for 500 scenes."""
    by_id = {scene_input.scene.pk: scene_input for scene_input in scene_inputs}
    for part in pieces(by_id):
        rows = TaggerResult.objects.filter(scene__in=part).select_related("model")
        for row in rows.only("scene", "category", "spans", "frame_interval", "model__name", "model__identifier"):
            by_id[row.scene_id].kept_results.append(row)


def still_seen(scene_input: SceneInput) -> list[Sighting]:
    """What was seen before in the categories that are not asked for again."""
    if scene_input.renew is None:
        return []
    rows = [row for row in scene_input.kept_results if row.category not in scene_input.renew]
    return [
        Sighting(tag, times, row.frame_interval, category)
        for row in rows
        for category, tag, times in unpacked_by_tag(row.spans)
    ]


class Renewed:
    """Which changes of a scene are about the categories that were asked for again.

    Other categories hold what was seen earlier, and so does what is of both kinds as far as the others still give it.
    """

    def __init__(self, scene_input: SceneInput, ours: Naming):
        assert scene_input.renew and scene_input.seen
        kept = [span for row in scene_input.kept_results for span in unpacked(row.spans)]
        before = [span for span in kept if span.category in scene_input.renew]
        self._others: dict[str, list[TagSpan]] = {}
        for span in kept:
            if span.category not in scene_input.renew:
                self._others.setdefault(folded(ours(span.tag)), []).append(span)
        self._given = {folded(ours(span.tag)) for span in scene_input.seen.analysis.spans}
        self._concerned = {folded(ours(span.tag)) for span in before} | self._given

    def only(self, proposals: Iterable[Proposal]) -> list[Proposal]:
        return [proposal for proposal in proposals if self.has(proposal)]

    def has(self, proposal: Proposal) -> bool:
        value = proposal.value
        if proposal.kind in (Change.Kind.ADD_TAG, Change.Kind.ADD_MARKER):
            return folded(value.get("tag") or value["name"]) in self._given
        if proposal.kind == Change.Kind.REMOVE_TAG:
            name = folded(value["name"])
            return name not in self._others and self._concerns(name)
        name = folded(value["tag"])
        start, end = value["start"], value["start"] if value["end"] is None else value["end"]
        return self._concerns(name) and not any(
            span.start <= end + NEAR and start <= (span.start if span.end is None else span.end) + NEAR
            for span in self._others.get(name, ())
        )

    def _concerns(self, name: str) -> bool:
        return not self._others or name in self._concerned
