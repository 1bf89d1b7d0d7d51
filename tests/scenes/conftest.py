"""A simulated Stash to work against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from scenes.simulators.stash import RunningStash, running_stash


@pytest.fixture
def library(configure: Callable[..., object]) -> Iterator[RunningStash]:
    """A Stash with 12 scenes: three tags, two performers, a studio and two markers each. We use it."""
    with running_stash(seconds_per_item=0.0) as stash:
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        stash.do(lambda: stash.simulator.clock.set_now(an_hour_ago))
        stash.seed(scenes=12, tags=5, performers=3, studios=2, tags_per_scene=3, markers_per_scene=2)
        stash.do(lambda: stash.simulator.clock.set_now(datetime.now(UTC)))
        configure(stash_url=stash.url, stash_poll=0.05)
        yield stash
