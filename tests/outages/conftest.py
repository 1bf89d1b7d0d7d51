"""The whole world of a run, and films made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.outages.world import World, make_films, opened


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    make_films(folder)
    return folder


@pytest.fixture
def world(tmp_path: Path, pool: Path, configure: Callable[..., Any], transactional_db: None) -> Iterator[World]:
    """Two finished torrents of three films, an empty Stash, and a tagger."""
    with opened(tmp_path, pool, configure) as made:
        yield made
