"""Services to work against."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs import testing, wakeup
from jobs.context import JobContext
from jobs.models import Status
from scenes.simulators.stash import RunningStash, running_stash
from scenes.stash.generation import groups
from scenes.stash.stash_jobs import monitoring
from tests.scenes.analysis_factories import copied_stash, give_all
from tests.scenes.film_library import films, two_seconds  # noqa: F401
from tests.scenes.placing import a_place, at_a_point  # noqa: F401
from tests.scenes.tagger_server import ScriptedTagger, scripted_tagger


@pytest.fixture(autouse=True)
def _nobody_is_woken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no worker is there to hear it: a test that does its jobs itself spends a twentieth of its time on that."""
    if request.node.get_closest_marker("acceptance") is None:
        monkeypatch.setattr(wakeup, "send", lambda root_id: None)


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


@pytest.fixture
def synced(library: RunningStash, configure: Callable[..., object]) -> RunningStash:
    """Twelve scenes that we know of, none with its outputs; quick ones only are wanted."""
    configure(generate=frozenset({"covers", "previews", "phashes"}))
    assert testing.run("sync").status == Status.COMPLETED
    library.forget_requests()
    return library


@pytest.fixture
def context(library: RunningStash) -> JobContext:
    """A `stash_generate` in a worker's hands."""
    return testing.context("stash_generate")


@pytest.fixture
def over_once_asked(
    library: RunningStash, configure: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """`over_once_asked()`: the time for generating is over as soon as Stash was asked, however slow the machine is."""

    def change() -> None:
        configure(generate_seconds=1000.0)
        for module in (groups, monitoring):
            monkeypatch.setattr(module, "time", clock)

    def monotonic() -> float:
        return time.monotonic() + (2000.0 if library.asked("metadataGenerate") else 0.0)

    clock = SimpleNamespace(monotonic=monotonic)
    return change


@pytest.fixture
def stash(configure: Callable[..., object], settings: Any) -> Iterator[RunningStash]:
    """A Stash with 3 scenes of one tag each, all in our tables; what fails is tried again at once."""
    settings.JOBS_RETRY_DELAY = 0
    with copied_stash(configure, scenes=3, tags=2, tags_per_scene=1) as simulator:
        yield simulator


@pytest.fixture
def tagger(configure: Callable[..., object], settings: Any, db: None) -> Iterator[ScriptedTagger]:
    """It answers what a test tells it to, all of which is given; what fails is tried again at once."""
    settings.JOBS_RETRY_DELAY = 0
    give_all()
    with scripted_tagger() as server:
        configure(tagger_url=server.url)
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another file system than the tests' own."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("/dev/shm is no other file system on this machine")
    folder = Path(tempfile.mkdtemp(dir=shared))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def tiny() -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = Path(tempfile.mkdtemp())
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("mounting a small tmpfs is not permitted here (it needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()
