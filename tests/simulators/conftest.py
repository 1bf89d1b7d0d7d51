"""A Stash for each test, a client for it, and a folder with its library."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scenes.simulators.stash import RunningStash, running_stash
from scenes.simulators.videos import make_video
from tests.simulators.stash_client import Client

Video = Callable[..., Path]


@pytest.fixture(scope="session")
def video_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("videos")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def video(library: Path, video_store: Path) -> Video:
    """``video("a/film.mp4", seed=1)`` puts a small real video into the library; the same seed, the same bytes."""

    def make(name: str, seed: int = 0) -> Path:
        kept = video_store / f"{seed}.mp4"
        if not kept.exists():
            make_video(kept, seconds=1.0, seed=seed, title=str(seed), size=(160, 90), frame_rate=10)
        target = library / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kept, target)
        return target

    return make


@pytest.fixture
def stash(library: Path) -> Iterator[RunningStash]:
    with running_stash([library], seconds_per_item=0.0) as stash:
        yield stash


@pytest.fixture
def client(stash: RunningStash) -> Client:
    return Client(stash)
