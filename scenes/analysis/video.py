"""detect_video_tags: what the tagger saw in a scene's film, as tags and markers."""

from __future__ import annotations

from collections.abc import Iterable

from scenes.analysis.detectors import VIDEO_TAGS, Proposal
from scenes.analysis.scene_inputs import LibraryTags, SceneInput
from scenes.analysis.tagger.asking import Asker
from scenes.clients.stash.names import folded
from scenes.clients.tagger.answers import TagSpan, VideoAnalysis
from scenes.configuration import Configuration
from scenes.models import Change, Marker
from scenes.plans.values import Spot, rounded, spot_of, spot_of_marker

MarkerKey = tuple[int | None, Spot]  # tag id (None: not in the library yet), and title and times


class VideoTags:
    """Asks the tagger, one film at a time."""

    name = VIDEO_TAGS

    def __init__(self, asker: Asker, tags: LibraryTags, config: Configuration):
        self.asker, self.tags, self.config = asker, tags, config
        self.naming = Naming(config)

    def applies(self, scene_input: SceneInput) -> bool:
        is_left = scene_input.scene.organized and self.config.organized_scenes == "leave"
        return scene_input.file is not None and not is_left

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        scene_input.seen = self.asker.ask(scene_input)
        analysis = scene_input.seen.analysis
        markers = list(self.markers(scene_input, analysis))
        gone = self.removals(scene_input, markers)
        existing = {self.key_of(marker) for marker in scene_input.markers}
        keyed = [(self.proposed_key(marker), marker) for marker in markers]
        new = [marker for key, marker in keyed if key not in existing and key[0] not in self.tags.ignoring_auto_tag]
        return [*self.new_tags(scene_input, analysis), *new, *gone]

    def new_tags(self, scene_input: SceneInput, analysis: VideoAnalysis) -> list[Proposal]:
        """A tag for each that was seen, with the best confidence of its spans."""
        best: dict[str, float | None] = {}
        for name in seen(analysis):
            ours = self.naming.ours(name)
            if ours and self.tags.id_of(ours) not in scene_input.tag_ids | self.tags.ignoring_auto_tag:
                best[ours] = highest(best.get(ours), *(s.confidence for s in analysis.spans if s.tag == name))
        return [Proposal(Change.Kind.ADD_TAG, {"name": name}, best[name]) for name in best]

    def markers(self, scene_input: SceneInput, analysis: VideoAnalysis) -> Iterable[Proposal]:
        """A marker for each span that is long enough, inside the film."""
        assert scene_input.file is not None
        duration = analysis.duration or scene_input.file.duration or None
        for span in analysis.spans:
            name, clipped = self.naming.ours(span.tag), within(span, duration)
            if not name or clipped is None or self.seconds(clipped) < self.config.marker_min_seconds:
                continue
            end = None if clipped.end is None else rounded(clipped.end)
            value = {"tag": name, "title": name, "start": rounded(clipped.start), "end": end}
            yield Proposal(Change.Kind.ADD_MARKER, value, highest(span.confidence))

    def seconds(self, span: TagSpan) -> float:
        """A single frame stands for the time until the next one."""
        return self.config.tagger_frame_interval if span.end is None else span.end - span.start

    def removals(self, scene_input: SceneInput, markers: list[Proposal]) -> list[Proposal]:
        """Markers that we made, that nobody changed since, and that the tagger no longer reports."""
        wanted = {self.proposed_key(marker) for marker in markers}
        made = {marker_id(change): key_made(change) for change in scene_input.our_markers}
        return [
            self.removal(marker)
            for marker in scene_input.markers
            if self.key_of(marker) == made.get(marker.id) and self.key_of(marker) not in wanted
        ]

    def removal(self, marker: Marker) -> Proposal:
        title, start, end = spot_of_marker(marker)
        value = {"marker_id": marker.id, "tag": self.tags.name_of(marker.primary_tag_id) or ""}
        return Proposal(Change.Kind.REMOVE_MARKER, value | {"title": title, "start": start, "end": end})

    def proposed_key(self, marker: Proposal) -> MarkerKey:
        return self.tags.id_of(marker.value["tag"]), spot_of(marker.value)

    def key_of(self, marker: Marker) -> MarkerKey:
        return marker.primary_tag_id, spot_of_marker(marker)


class Naming:
    """From the tagger's names to ours: the lists (of its names, or of ours before the suffix), then the suffix.

    Without an allow list everything is allowed. Letter case is ignored in the lists, for ASCII only.
    """

    def __init__(self, config: Configuration):
        self.suffix = config.tag_suffix
        self.allow = {folded(name) for name in config.tag_allow}
        self.deny = {folded(name) for name in config.tag_deny}
        self.renames = {folded(theirs): ours.strip() for theirs, ours in config.tag_rename}

    def ours(self, name: str) -> str:
        """The name of our tag; "" for one that is not wanted."""
        renamed = self.renames.get(folded(name), name.strip())
        names = {folded(name), folded(renamed)}
        if not renamed or names & self.deny or (self.allow and not names & self.allow):
            return ""
        return renamed if renamed.endswith(self.suffix) else renamed + self.suffix


def seen(analysis: VideoAnalysis) -> list[str]:
    """All tags that the tagger saw anywhere in the film, each once."""
    by_film = [name for names in analysis.tags.values() for name in names]
    by_total = [name for totals in analysis.totals.values() for name, seconds in totals.items() if seconds > 0]
    by_span = [span.tag for span in analysis.spans]
    return list(dict.fromkeys(by_film + by_total + by_span))


def within(span: TagSpan, duration: float | None) -> TagSpan | None:
    """The part of the span that is in the film; None when there is none. Unknown duration: all of it."""
    if duration is None:
        return span
    if span.start >= duration:
        return None
    return span if span.end is None else span._replace(end=min(span.end, duration))


def highest(*confidences: float | None) -> float | None:
    """The best of them. Some taggers give a sum over frames instead, which says nothing on its own."""
    usable = [value for value in confidences if value is not None and 0 <= value <= 1]
    return max(usable, default=None)


def marker_id(change: Change) -> int | None:
    """The marker that our applied change made."""
    return (change.after or {}).get("marker_id")


def key_made(change: Change) -> MarkerKey:
    """Which marker our applied change made."""
    return (change.after or {}).get("tag_id"), spot_of(change.value)
