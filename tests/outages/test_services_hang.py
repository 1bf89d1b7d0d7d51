"""Services that accept and never answer, or answer a byte at a time: every wait ends, with who and what to do."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator

import pytest

from jobs.models import Status
from scenes import services
from scenes.clients.base import READ, WRITE, Limits
from scenes.clients.stash.client import StashClient
from tests.clients.fakes import HANG, http, serving
from tests.outages.world import World, errors_of, log_of, statuses_of
from tests.processes import until

pytestmark = pytest.mark.one_database

HASTY = Limits(connect=0.5, read=0.4, total=0.8)
ALL = {
    "process_downloads": "Libraries",
    "stash_scan": "metadataScan",
    "decide incremental_sync": "Counts",
    "sync": "ScenePage",
    "apply_plan": "EachBulkSceneUpdate",
    "stash_generate": "metadataGenerate",
    "decide completion": "Changes",
}


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits that are in force, with less patience."""
    monkeypatch.setattr(services.stash, "__kwdefaults__", {"read": HASTY, "write": HASTY})


def test_every_wait_for_a_service_is_bounded() -> None:
    """What the specification says: connect 5 s, read 30 s, total 60 s, Stash writes 20 s in all."""
    assert dataclasses.astuple(READ)[:3] == (5.0, 30.0, 60.0)
    assert WRITE.connect == 5.0 and WRITE.total == 20.0
    client = StashClient("http://127.0.0.1:1")
    assert (client.read_limits, client.write_limits) == (READ, WRITE)


@pytest.mark.parametrize(
    ("moment", "fault"),
    [
        ("stash_scan", "hang_after"),
        ("sync", "drip"),
        ("apply_plan", "hang"),
        ("apply_plan", "hang_after"),
        ("decide completion", "hang"),
    ],
)
def test_a_stash_that_hangs_once_is_asked_again_and_the_work_is_done_once(
    world: World, moment: str, fault: str
) -> None:
    world.at(moment, lambda: world.stash.fault(fault, ALL[moment], seconds=30))
    job = world.run()
    assert not world.stash.simulator.faults.armed, "the fault was not met"
    assert job.status == Status.COMPLETED, log_of(job)
    assert "Stash: gave no answer within" in log_of(job)
    world.nothing_is_lost()


@pytest.mark.parametrize("moment", ["process_downloads", "decide incremental_sync", "sync", "stash_generate"])
def test_a_stash_that_hangs_for_good_fails_the_step_with_its_name_and_what_to_do(world: World, moment: str) -> None:
    world.at(moment, lambda: world.stash.fault("hang", None, times=None, seconds=30))
    job = world.run(max_attempts=1)
    assert job.status == (Status.FAILED if moment == "process_downloads" else Status.COMPLETED_WITH_ERRORS)
    assert "failed" in statuses_of(job)
    for error in errors_of(job):
        assert error["code"] in ("timeout", "library_unconfirmed")
        assert "Stash: gave no answer within" in error["message"]
        assert "Is it overloaded, or does it hang? Look into the log of Stash, or restart it." in error["message"]
    world.stash.clear_faults()
    world.next_run_makes_it_good()


def test_a_stash_that_is_always_slower_than_the_limit_gets_more_time_with_each_attempt(world: World) -> None:
    assert HASTY.read * 2 < 1.2 < HASTY.read * 4
    world.at("sync", lambda: world.stash.fault("slow", "ScenePage", times=None, seconds=1.2))
    job = world.run()
    assert job.status == Status.COMPLETED, log_of(job)
    assert log_of(job).count("Stash: gave no answer within") >= 2
    world.stash.clear_faults()
    world.nothing_is_lost()


def drops() -> Iterator[bytes]:
    """An answer of a million bytes, one at a time."""
    yield http(200, b"", Content_Type="application/json").replace(b"Content-Length: 0", b"Content-Length: 1000000")
    while True:
        yield b" "
        time.sleep(0.02)


def calls_under_way() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "bounded-call"]


@pytest.mark.parametrize("behaviour", [lambda _: HANG, lambda _: drops()], ids=["never answers", "trickles"])
def test_a_server_that_only_accepts_fails_each_step_in_its_time(world: World, behaviour: object) -> None:
    with serving(behaviour) as fake:  # type: ignore[arg-type]
        world.configure(stash_url=fake.url, tagger_url=fake.url, tagger_timeout=0.6)
        job = world.run(max_attempts=1)
        assert (job.status, job.error_code) == (Status.FAILED, "library_unconfirmed")
        assert "Stash: " in job.error_message
        until(lambda: not calls_under_way(), "the calls that were given up to end", 10)
    world.configure(stash_url=world.stash.url, tagger_url=world.tagger.url, tagger_timeout=60)
    world.next_run_makes_it_good()
