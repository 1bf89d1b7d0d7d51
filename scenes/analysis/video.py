"""detect_video_tags: what the tagger saw in a scene's film, as tags and markers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from scenes.analysis.detectors import VIDEO_TAGS, Proposal
from scenes.analysis.doubts import BROKEN_OFF, Doubtful
from scenes.analysis.subjects import LibraryTags, Subject
from scenes.clients.base import ServiceError
from scenes.clients.tagger import TaggerClient
from scenes.clients.tagger_answers import TagSpan, VideoAnalysis
from scenes.configuration import Configuration
from scenes.models import Change, Marker
from scenes.plans.values import Spot, folded, rounded, spot_of, spot_of_marker

CRASHES = 2  # of a ready tagger, at the same film, before the film is suspected
ABOUT_THE_FILM = ("refused_file", "unclear_answer", "timeout")  # unless it goes so with the others, too
Place = tuple[int | None, Spot]  # tag id (None: not in the library yet), and title and times


class VideoTags:
    """Asks the tagger, one film at a time."""

    name = VIDEO_TAGS

    def __init__(self, tagger: TaggerClient, tags: LibraryTags, config: Configuration):
        self.tagger, self.tags, self.config = tagger, tags, config
        self.naming = Naming(config)
        self.crashes: dict[int, list[ServiceError]] = {}  # by scene

    def applies(self, subject: Subject) -> bool:
        return subject.file is not None

    def look(self, subject: Subject) -> list[Proposal]:
        analysis = self.ask(subject)
        markers = list(self.markers(subject, analysis))
        gone = self.removals(subject, markers)
        places = {self.place_of(marker) for marker in subject.markers}
        new = [marker for marker in markers if self.place(marker) not in places]
        return [*self.new_tags(subject, analysis), *new, *gone]

    def ask(self, subject: Subject) -> VideoAnalysis:
        """The tagger's answer. Raises Doubtful when it may be this film that it can't handle.

        A tagger that is still loading its models refuses every file with the same 400, and one that hangs gives
        no answer, so it is asked then whether it is ready: if it is not, that is no fault of the file.
        """
        assert subject.file is not None
        self._suspect(self.crashes.get(subject.scene.pk, []))
        ours = self.config.path_map.to_ours("stash", subject.file.path)
        try:
            return self.tagger.process_video(
                self.config.path_map.to_theirs("tagger", ours),
                frame_interval=self.config.tagger_frame_interval,
                threshold=self.config.tagger_threshold,
            )
        except ServiceError as error:
            if error.code == BROKEN_OFF:
                self.crashes.setdefault(subject.scene.pk, []).append(error)
            if error.code not in ABOUT_THE_FILM:
                raise
            self.tagger.ready()
            raise Doubtful(error.message + hint(ours), error) from error

    def _suspect(self, crashes: list[ServiceError]) -> None:
        """Of a film that the connection broke off at: ask again when the tagger is back, but not for ever."""
        if crashes:
            self.tagger.ready()
        if len(crashes) >= CRASHES:
            raise Doubtful(crashes[-1].message, crashes[-1])

    def new_tags(self, subject: Subject, analysis: VideoAnalysis) -> list[Proposal]:
        """A tag for each that was seen, with the best confidence of its spans."""
        best: dict[str, float | None] = {}
        for name in seen(analysis):
            if (ours := self.naming.ours(name)) and self.tags.id_of(ours) not in subject.tag_ids:
                best[ours] = highest(best.get(ours), *(s.confidence for s in analysis.spans if s.tag == name))
        return [Proposal(Change.Kind.ADD_TAG, {"name": name}, best[name]) for name in best]

    def markers(self, subject: Subject, analysis: VideoAnalysis) -> Iterable[Proposal]:
        """A marker for each span that is long enough, inside of the film."""
        assert subject.file is not None
        duration = analysis.duration or subject.file.duration or None
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

    def removals(self, subject: Subject, markers: list[Proposal]) -> list[Proposal]:
        """Markers that we made, that nobody touched since, and that the tagger no longer gives."""
        wanted = {self.place(marker) for marker in markers}
        made = {marker_id(change): place_made(change) for change in subject.our_markers}
        return [
            self.removal(marker)
            for marker in subject.markers
            if self.place_of(marker) == made.get(marker.id) and self.place_of(marker) not in wanted
        ]

    def removal(self, marker: Marker) -> Proposal:
        title, start, end = spot_of_marker(marker)
        value = {"marker_id": marker.id, "tag": self.tags.name_of(marker.primary_tag_id) or ""}
        return Proposal(Change.Kind.REMOVE_MARKER, value | {"title": title, "start": start, "end": end})

    def place(self, marker: Proposal) -> Place:
        return self.tags.id_of(marker.value["tag"]), spot_of(marker.value)

    def place_of(self, marker: Marker) -> Place:
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
    return span if span.end is None else dataclasses.replace(span, end=min(span.end, duration))


def highest(*confidences: float | None) -> float | None:
    """The best of them. Some taggers give a sum over frames instead, which says nothing on its own."""
    usable = [one for one in confidences if one is not None and 0 <= one <= 1]
    return max(usable, default=None)


def marker_id(change: Change) -> int | None:
    """The marker that our applied change made."""
    return (change.after or {}).get("marker_id")


def place_made(change: Change) -> Place:
    """Where our applied change put its marker."""
    return (change.after or {}).get("tag_id"), spot_of(change.value)


def hint(path: str) -> str:
    """More for a person when the file can't be seen from here either, which points at the path mapping."""
    if Path(path).exists():
        return ""
    return f" StashHog sees no file at {path} either: look at STASHHOG_PATH_MAP and at whether the disk is there."
