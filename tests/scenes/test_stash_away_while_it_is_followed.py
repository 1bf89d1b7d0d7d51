"""Stash away, or answering nonsense, while its job is followed: waited for, at no cost of an attempt."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

import jobs.context
from jobs import testing
from jobs.context import JobContext
from jobs.errors import Cancelled
from jobs.models import Event, Status
from scenes import services
from scenes.clients.base import ServiceError
from scenes.clients.stash.client import GenerateOptions, StashClient
from scenes.models import Scene
from scenes.simulators.stash import RunningStash
from scenes.simulators.stash.jobs.queue import Job as TheirJob
from scenes.simulators.stash.simulator import ForeignJob
from scenes.stash.stash_jobs import GENERATE, monitor, open_row, polling
from tests.processes import until

pytestmark = [pytest.mark.one_database, pytest.mark.django_db(transaction=True)]

WANTED = GenerateOptions(sprites=False, markers=False, marker_screenshots=False)


@pytest.fixture
def stash(context: JobContext) -> StashClient:
    return services.stash(context)


@pytest.fixture
def foreign(library: RunningStash) -> Iterator[TheirJob]:
    """Ours waits behind it, so that it is looked at for as long as a test likes."""
    job = library.add_foreign_job()
    yield job
    if job.id in library.simulator.foreign:
        library.end_foreign_job(job)


Acts = dict[int, Callable[[], Any]]
AtLook = Callable[[Acts], None]


@dataclass
class Looks:
    """What happens at which look. Each takes 0.05 s, also on a slow machine: no other time passes."""

    context: JobContext
    library: RunningStash
    acts: Acts
    number: int = 0
    begun: float = field(default_factory=time.monotonic)

    def pause(self, seconds: float) -> None:
        self.number += 1
        self.acts.get(self.number, lambda: None)()
        self.library.wait_for(lambda: asyncio.sleep(2 * ForeignJob.TICK))  # in its thread: it has noticed
        self.context.checkpoint()

    def monotonic(self) -> float:
        return self.begun + 0.05 * self.number


@pytest.fixture
def at_look(context: JobContext, library: RunningStash, monkeypatch: pytest.MonkeyPatch) -> AtLook:
    """`at_look({3: act})` calls `act` after three looks."""

    def begin(acts: Acts) -> None:
        looks = Looks(context, library, acts)
        monkeypatch.setattr(context, "pause", looks.pause)
        for module in (jobs.context, polling):
            monkeypatch.setattr(module, "time", looks)

    return begin


def asked(stash: StashClient) -> Callable[[], str]:
    return lambda: stash.generate(["1", "2"], WANTED)


def test_a_stash_that_comes_back_is_followed_to_the_end_and_the_log_says_so(
    library: RunningStash, context: JobContext, stash: StashClient, foreign: TheirJob, at_look: AtLook
) -> None:
    at_look({2: library.go_away, 8: library.come_back, 10: lambda: library.end_foreign_job(foreign)})
    assert monitor(context, stash, open_row(context, GENERATE), asked(stash)) == "FINISHED"
    assert len(library.asked("metadataGenerate")) == 1
    messages = list(Event.objects.filter(job=context.job, kind="log").values_list("message", flat=True))
    assert len(messages) == 2, messages
    assert messages[0].startswith("Stash: no connection") and "answers again" in messages[1]


def test_many_short_blips_are_no_end(
    library: RunningStash, context: JobContext, stash: StashClient, foreign: TheirJob, at_look: AtLook
) -> None:
    def blip() -> None:
        library.fault("http_502", "FindJob")

    at_look({**dict.fromkeys(range(2, 20, 2), blip), 22: lambda: library.end_foreign_job(foreign)})
    assert monitor(context, stash, open_row(context, GENERATE), asked(stash)) == "FINISHED"


def test_a_stash_that_stays_away_ends_the_attempt_after_the_time_without_progress(
    library: RunningStash,
    context: JobContext,
    stash: StashClient,
    foreign: TheirJob,
    be_stalled_after: Callable[[float], None],
    at_look: AtLook,
) -> None:
    be_stalled_after(0.4)
    at_look({2: library.go_away})
    with pytest.raises(ServiceError) as caught:
        monitor(context, stash, open_row(context, GENERATE), asked(stash))
    assert (caught.value.code, caught.value.permanent) == ("unreachable", False)
    library.come_back()


def test_what_waiting_can_not_mend_ends_the_attempt_at_once(
    library: RunningStash, context: JobContext, stash: StashClient, foreign: TheirJob, at_look: AtLook
) -> None:
    at_look({2: lambda: library.fault("http_401", "FindJob")})
    with pytest.raises(ServiceError) as caught:
        monitor(context, stash, open_row(context, GENERATE), asked(stash))
    assert caught.value.permanent


def test_a_cancel_is_felt_while_stash_is_away(
    library: RunningStash, context: JobContext, stash: StashClient, foreign: TheirJob, at_look: AtLook
) -> None:
    at_look({2: library.go_away, 5: lambda: context.interrupted_by(Cancelled)})
    with pytest.raises(Cancelled):
        monitor(context, stash, open_row(context, GENERATE), asked(stash))
    library.come_back()


def test_an_outage_does_not_count_as_time_without_progress(
    library: RunningStash,
    context: JobContext,
    stash: StashClient,
    be_stalled_after: Callable[[float], None],
    at_look: AtLook,
) -> None:
    """Somebody's job that is ours by its marks stands still from before the outage until after it."""
    be_stalled_after(0.6)
    ours = library.add_foreign_job("Generating...", progress=0.5)
    acts = {4: library.go_away, 12: library.come_back, 16: lambda: library.end_foreign_job(ours)}
    at_look(acts)
    assert monitor(context, stash, open_row(context, GENERATE), lambda: str(ours.id)) == "FINISHED"


def test_what_stash_says_it_is_at_counts_as_progress(
    library: RunningStash,
    context: JobContext,
    stash: StashClient,
    be_stalled_after: Callable[[float], None],
    at_look: AtLook,
) -> None:
    be_stalled_after(0.3)
    ours = library.add_foreign_job("Generating...")

    def next_film(number: int) -> Callable[[], None]:
        films = [f"Generating sprites for film {number}"]
        return lambda: setattr(library.simulator.foreign[ours.id], "sub_tasks", films)

    acts = {number: next_film(number) for number in range(2, 20, 2)}
    at_look({**acts, 20: lambda: library.end_foreign_job(ours)})
    assert monitor(context, stash, open_row(context, GENERATE), lambda: str(ours.id)) == "FINISHED"


def test_a_whole_generation_survives_stash_being_away_in_the_middle_of_it(
    library: RunningStash, configure: Callable[..., object]
) -> None:
    configure(generate=frozenset({"previews"}))
    assert testing.run("sync").status == Status.COMPLETED
    foreign = library.add_foreign_job()

    def be_away_for_a_second() -> None:
        until(lambda: library.asked("FindJob"), "the job to be followed")
        library.go_away()
        library.end_foreign_job(foreign)
        threading.Event().wait(1.0)
        library.come_back()

    away = threading.Thread(target=be_away_for_a_second)
    away.start()
    job = testing.run("stash_generate")
    away.join()
    assert (job.status, job.attempt) == (Status.COMPLETED, 1), job.error_message
    assert not Scene.objects.filter(generated_at=None).exists()
