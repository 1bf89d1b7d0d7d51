"""Where generated files lie: by the video's fingerprint, covers by the scene's id, as in Stash."""

from __future__ import annotations

from pathlib import Path

from ..library.records import Marker, Scene
from ..library.state import LibraryState


class Outputs:
    def __init__(self, folder: Path, state: LibraryState):
        self.folder, self.state = folder, state
        folder.mkdir(parents=True, exist_ok=True)

    def cover(self, scene: Scene) -> Path:
        return self.folder / "covers" / f"{scene.id}.jpg"

    def preview(self, scene: Scene) -> Path:
        return self.folder / "screenshots" / f"{self.hash(scene)}.mp4"

    def webp(self, scene: Scene) -> Path:
        return self.folder / "screenshots" / f"{self.hash(scene)}.webp"

    def sprite(self, scene: Scene) -> Path:
        return self.sprite_of(self.hash(scene))

    def vtt(self, scene: Scene) -> Path:
        return self.vtt_of(self.hash(scene))

    def sprite_of(self, fingerprint: str) -> Path:
        return self.folder / "vtt" / f"{fingerprint}_sprite.jpg"

    def vtt_of(self, fingerprint: str) -> Path:
        return self.folder / "vtt" / f"{fingerprint}_thumbs.vtt"

    def marker_clip(self, marker: Marker) -> Path:
        return self._marker(marker, "mp4")

    def marker_webp(self, marker: Marker) -> Path:
        return self._marker(marker, "webp")

    def marker_screenshot(self, marker: Marker) -> Path:
        return self._marker(marker, "jpg")

    def hash(self, scene: Scene) -> str:
        file = self.state.primary_file(scene)
        return file.oshash if file else "none"

    def _marker(self, marker: Marker, suffix: str) -> Path:
        scene = self.state.scenes[marker.scene_id]
        # By its second, not its id: markers at one second share their files, as in Stash.
        return self.folder / "markers" / self.hash(scene) / f"{int(marker.seconds)}.{suffix}"
