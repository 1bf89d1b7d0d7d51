"""detect_media_tags: resolution, frame rate, orientation and VR, from what Stash knows of a scene's file."""

from __future__ import annotations

from collections.abc import Iterator

from scenes.analysis.detectors import MEDIA_TAGS, Proposal
from scenes.analysis.scene_inputs import LibraryTags, SceneInput
from scenes.analysis.text import words
from scenes.configuration.media_tags import FRAME_RATES, RESOLUTIONS
from scenes.models import Change, SceneFile

FRAME_RATE_TOLERANCE = 0.015  # 59.94 is 60, and 24 is not 25
SAME_SHAPE = 0.01  # of width to height
# Both eyes of 180°, or 360° in all directions, are twice as wide as high; one above the other, as wide as high.
VR_SHAPES = (2.0, 1.0)
VR_LEAST_HEIGHT = 1440
# As players of such films read them out of a file's name.
VR_WORDS = {"vr", "vr180", "vr360", "180vr", "360vr", "180x180", "3dh", "3dv", "mkx200", "mkx220", "rf52", "vrca220"}
VR_ANGLES, VR_LAYOUTS = {"180", "360", "fisheye190"}, {"lr", "rl", "sbs", "tb", "bt", "ou", "3d"}


class MediaTags:
    """Proposes the tags that a person has given the properties of a film, each of which may have none."""

    name = MEDIA_TAGS

    def __init__(self, tags: LibraryTags, names: dict[str, str]):
        self.tags, self.names = tags, names

    def applies(self, scene_input: SceneInput) -> bool:
        return scene_input.file is not None and not scene_input.scene.organized

    def detect(self, scene_input: SceneInput) -> list[Proposal]:
        assert scene_input.file is not None
        given = dict.fromkeys(self.names[key] for key in properties(scene_input.file) if key in self.names)
        new = (name for name in given if self.tags.id_of(name) not in scene_input.tag_ids)
        return [Proposal(Change.Kind.ADD_TAG, {"name": name}) for name in new if self.tags.may_be_set(name)]


def properties(file: SceneFile) -> Iterator[str]:
    """Those of MEDIA_PROPERTIES that the film has. Nothing is known of what is 0."""
    if file.width and file.height:
        yield from filter(None, [resolution(min(file.width, file.height)), orientation(file), "vr" * is_vr(file)])
    if rate := frame_rate(file.frame_rate):
        yield rate


def resolution(lines: int) -> str:
    """By the shorter side, as in Stash's own filter; "" below its lowest."""
    return next((name for name, least in reversed(RESOLUTIONS.items()) if lines >= least), "")


def orientation(file: SceneFile) -> str:
    if file.width == file.height:
        return "square"
    return "landscape" if file.width > file.height else "portrait"


def frame_rate(rate: float) -> str:
    """The usual one that it is; "" for any other."""
    near = (name for name, usual in FRAME_RATES.items() if abs(rate - usual) <= usual * FRAME_RATE_TOLERANCE)
    return next(near, "")


def is_vr(file: SceneFile) -> bool:
    """Whether both its shape and its name say so: there are other films of either."""
    shape = file.width / file.height
    if file.height < VR_LEAST_HEIGHT or all(abs(shape - usual) > usual * SAME_SHAPE for usual in VR_SHAPES):
        return False
    named = set(words(file.path.replace("\\", "/").rpartition("/")[2]))
    return bool(named & VR_WORDS or (named & VR_ANGLES and named & VR_LAYOUTS))
