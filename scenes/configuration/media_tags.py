"""Which properties of a film give it a tag, and which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_noop as _

from jobs.texts.translatable import Translatable
from scenes.configuration.declaring import setting
from scenes.configuration.kinds import Pairs
from scenes.env import Env, refused

# The least length of the shorter side, in pixels, as Stash's own filter has it.
RESOLUTIONS = {
    "144p": 144, "240p": 240, "360p": 360, "480p": 480, "540p": 540, "720p": 720, "1080p": 1080, "1440p": 1440,
    "4k": 1920, "5k": 2560, "6k": 3000, "7k": 3584, "8k": 3840, "huge": 6144,
}  # fmt: skip
FRAME_RATES = {f"{rate}fps": rate for rate in (24, 25, 30, 48, 50, 60, 90, 120)}  # frames a second
MEDIA_PROPERTIES = (*RESOLUTIONS, *FRAME_RATES, "landscape", "portrait", "square", "vr")
ANALYSIS = "analysis"
DEFAULT = (
    "720p=720p,1080p=1080p,1440p=1440p,4k=4K,5k=5K,6k=6K,7k=7K,8k=8K,60fps=60 FPS,120fps=120 FPS,portrait=Portrait,"
    "vr=VR"
)


@dataclass(frozen=True)
class TagsByProperty(Pairs):
    """``property=tag``, separated by commas."""

    options: ClassVar = MEDIA_PROPERTIES

    def read(self, env: Env, name: str) -> tuple[tuple[str, str], ...]:
        pairs = tuple((key.lower(), tag) for key, tag in super().read(env, name))
        for key in dict(pairs):
            if key not in MEDIA_PROPERTIES:
                fix = Translatable(_("give property=tag, of {options}"), options=", ".join(MEDIA_PROPERTIES))
                raise refused(name, key, fix)
        if len(dict(pairs)) < len(pairs):
            raise refused(name, env.text(name), Translatable(_("give each property once")))
        return pairs


@dataclass(frozen=True)
class MediaTagNames:
    media_tags: tuple[tuple[str, str], ...] = setting(
        TagsByProperty(),
        _("Media tags"),
        _(
            "Which property of a film gives it which tag, where “Media tags” is chosen as a detector of the runs: the "
            "property, =, and the tag, with commas between several. Properties are {options}"
        ),
        group=ANALYSIS,
        default=DEFAULT,
        pinned=True,
    )
