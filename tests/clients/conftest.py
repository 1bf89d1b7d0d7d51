"""A simulated Stash with a seeded library, and a client of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from scenes.clients.stash.client import StashClient
from scenes.simulators.stash import RunningStash, running_stash


@pytest.fixture
def stash() -> Iterator[RunningStash]:
    """Six scenes with three tags, two performers, a studio and two markers each."""
    with running_stash(seconds_per_item=0.0) as simulator:
        simulator.seed(scenes=6, tags=3, performers=2, studios=1, tags_per_scene=2, markers_per_scene=2)
        yield simulator


@pytest.fixture
def client(stash: RunningStash) -> Iterator[StashClient]:
    with contextlib.closing(StashClient(stash.url)) as client:
        yield client
