"""detect_video_tags: what the tagger saw in a scene's film, as tags and markers."""

from __future__ import annotations

from scenes.analysis.detectors import VIDEO_TAGS, Proposal
from scenes.analysis.scene_inputs import LibraryTags, SceneInput
from scenes.analysis.tagger.asking import Asker
from scenes.analysis.tagger.renewing import Renewed, still_seen
from scenes.analysis.video_tags.evaluation import evaluate, sightings_of
from scenes.analysis.video_tags.proposals import difference, proposals
from scenes.configuration import Configuration
from scenes.rules import current


class VideoTags:
    """Asks the tagger, one film at a time."""

    name = VIDEO_TAGS

    def __init__(self, asker: Asker, tags: LibraryTags, config: Configuration):
        self.asker, self.tags, self.config = asker, tags, config
        self.rules = current.current()

    def applies(self, scene_input: SceneInput) -> bool:
        is_left = scene_input.scene.organized and self.config.organized_scenes == "leave"
        return scene_input.file is not None and not is_left

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        """What the rules make of what the tagger saw."""
        assert scene_input.file is not None
        seen = scene_input.seen = self.asker.ask(scene_input)
        sightings = [*sightings_of(seen.analysis.spans, seen.frame_interval), *still_seen(scene_input)]
        # Stash's probe of the file knows better than a tagger, which tells nonsense of some films.
        duration = scene_input.file.duration or seen.analysis.duration or None
        evaluation = evaluate(sightings, duration, self.rules, self.config.max_markers or None)
        found = proposals(scene_input, difference(scene_input, evaluation, self.tags), self.tags, seen.named)
        return Renewed(scene_input, self.rules.our_name).only(found) if scene_input.renew else found
