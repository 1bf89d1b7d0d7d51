"""Which outputs a scene lacks. Stash says FINISHED either way, so each of them is checked.

A cover: Stash's own filter. A phash: in the scene's files. All else: by its address, which answers 404 until it
is there. (The addresses of pictures of markers answer with a placeholder; they only come with the clip.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobs.texts.translatable import Translatable as _
from scenes.clients.stash.client import GenerateOptions, StashClient
from scenes.clients.stash.rows import SceneRow

NAMES = {
    "covers": _("cover"),
    "previews": _("preview"),
    "imagePreviews": _("animated preview"),
    "sprites": _("sprite"),
    "phashes": _("phash"),
    "markers": _("marker previews"),
}


def options(wanted: frozenset[str]) -> GenerateOptions:
    """What to ask Stash for; ``wanted`` are the words of the setting."""
    return GenerateOptions(
        covers="covers" in wanted,
        sprites="sprites" in wanted,
        previews="previews" in wanted,
        image_previews="imagePreviews" in wanted,
        phashes="phashes" in wanted,
        markers="markers" in wanted,
        marker_image_previews="markerImagePreviews" in wanted,
        marker_screenshots="markerScreenshots" in wanted,
    )


@dataclass
class Inspector:
    """Checks scenes for the wanted outputs."""

    stash: StashClient
    wanted: frozenset[str]
    without_cover: frozenset[str]

    @classmethod
    def of(cls, stash: StashClient, wanted: frozenset[str]) -> Inspector:
        return cls(stash, wanted, stash.scenes_missing("cover") if "covers" in wanted else frozenset())

    def missing(self, row: SceneRow) -> frozenset[str]:
        """Which of the wanted the scene lacks, by the words of the setting. Raises ServiceError."""
        checks: dict[str, Callable[[SceneRow], bool]] = {
            "covers": lambda row: row["id"] not in self.without_cover,
            "phashes": has_phash,
            "previews": lambda row: self._exists(row["paths"]["preview"]),
            "imagePreviews": lambda row: self._exists(f"/scene/{row['id']}/webp"),
            "sprites": lambda row: self._exists(row["paths"]["sprite"]),
            "markers": self.has_marker_clips,
        }
        return frozenset(name for name, is_there in checks.items() if name in self.wanted and not is_there(row))

    def _exists(self, url: str | None) -> bool:
        return bool(url) and self.stash.output_exists(str(url))

    def has_marker_clips(self, row: SceneRow) -> bool:
        """Of each of its markers. Raises ServiceError."""
        urls = (f"/scene/{row['id']}/scene_marker/{marker['id']}/stream" for marker in row["scene_markers"])
        return all(self.stash.output_exists(url) for url in urls)


def has_phash(row: SceneRow) -> bool:
    """Of the primary file, the first one."""
    types = {fingerprint["type"] for file in row["files"][:1] for fingerprint in file["fingerprints"]}
    return "phash" in types
