"""Real small films on the disk, their scenes, and a simulated tagger that sees in them what a test says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scenes.models import Scene, SceneFile
from scenes.paths import PathMap
from scenes.simulators.tagger import Tagger, running_tagger
from scenes.simulators.tagger.simulator import TagsInFilm
from scenes.simulators.videos import make_video
from tests.scenes.analysis_factories import make_scene

SECONDS = 2  # of each film


class FilmLibrary:
    """``tagger``: of today, with the models ``light`` (of category light) and ``moves`` (of actions and moments)."""

    def __init__(self, folder: Path, film: Path, tagger: Tagger):
        self.folder, self.film, self.tagger = folder, film, tagger
        tagger.answers = "v3"
        tagger.models = [
            {"name": "light", "identifier": "l", "version": "1.0", "categories": ["light"]},
            {"name": "moves", "identifier": "m", "version": "1.0", "categories": ["actions", "moments"]},
        ]

    def scene(self, pk: int, seen: TagsInFilm | None = None, **options: Any) -> Scene:
        """A scene with a film of two seconds, in which this is seen."""
        shutil.copy(self.film, self.folder / f"{pk}.mp4")
        self.sees(pk, seen or {})
        scene = make_scene(pk, **options)
        SceneFile.objects.filter(scene=scene).update(duration=SECONDS)
        return scene

    def sees(self, pk: int, seen: TagsInFilm) -> None:
        self.tagger.see(f"/media/{pk}.mp4", seen)

    def questions(self) -> list[dict[str, Any]]:
        """That were asked about films."""
        return [json.loads(record.body) for record in self.tagger.server.control.asked("process_video", method="POST")]


@pytest.fixture(scope="session")
def two_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("films") / "film.mp4", seconds=SECONDS, size=(64, 36), frame_rate=5)


@pytest.fixture
def films(two_seconds: Path, tmp_path: Path, configure: Callable[..., Any], settings: Any) -> Iterator[FilmLibrary]:
    settings.JOBS_RETRY_DELAY = 0
    with running_tagger(mounts={"/media": tmp_path}) as tagger:
        paths = PathMap.parse(f"stash:/data={tmp_path};tagger:/media={tmp_path}")
        configure(tagger_url=tagger.url, path_map=paths)
        yield FilmLibrary(tmp_path, two_seconds, tagger)
