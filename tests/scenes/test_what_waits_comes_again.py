"""Torrents that wait are looked at again by themselves, less and less often; a run follows what is placed of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection

from jobs import engine, testing
from jobs.context import JobContext
from jobs.engine import process_id
from jobs.models import Job, RunRequest, Status
from jobs.scheduling import requests
from scenes.downloads.processing import process
from scenes.downloads.rechecking import LONGEST, interval, recheck
from scenes.models import Download, Outcome
from tests.scenes.placing import Place, download_of
from tests.scenes.test_downloads_that_come_later import take_away

pytestmark = pytest.mark.django_db(transaction=True)
BEGIN = datetime.fromisoformat("2026-06-01T12:00:00+00:00")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGIN, tick=True) as traveller:
        yield traveller


@pytest.fixture
def bring(place: Place, clock: time_machine.Traveller) -> Callable[[], object]:
    """A run has found a torrent whose one file is not here yet, and a supervisor has seen that."""
    place.add("Film", ["Film/a.mp4"])
    bring = take_away(place.downloads / "Film/a.mp4")
    place.run()
    recheck()
    return bring


def rechecks() -> list[Job]:
    return list(Job.objects.filter(source="recheck", type="process_downloads", parent=None).order_by("created_at"))


def after(clock: time_machine.Traveller, **span: float) -> None:
    """So long after the last look a supervisor looks, and a worker works."""
    clock.shift(timedelta(**span))
    recheck()
    testing.work()


def test_they_come_after_a_minute_then_after_two_and_so_on_up_to_an_hour(
    bring: Callable[[], object], clock: time_machine.Traveller
) -> None:
    after(clock, seconds=30)
    assert not rechecks()
    after(clock, seconds=31)
    assert len(rechecks()) == 1
    after(clock, seconds=90)
    assert len(rechecks()) == 1
    after(clock, seconds=31)
    assert len(rechecks()) == 2
    assert [interval(count) / timedelta(minutes=1) for count in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert interval(10_000) == LONGEST


def test_only_they_are_looked_at(place: Place, bring: Callable[[], object], clock: time_machine.Traveller) -> None:
    place.add("New", ["New/b.mp4"])
    bring()
    after(clock, minutes=2)
    (job,) = rechecks()
    assert job.status == Status.COMPLETED and job.params == {"download_ids": [download_of("Film").pk]}
    assert place.in_library() == ["Film", "Film/a.mp4"]
    assert not Download.objects.filter(name="New").exists()


def test_a_run_follows_what_was_placed_and_nothing_follows_what_was_not(
    bring: Callable[[], object], clock: time_machine.Traveller
) -> None:
    after(clock, minutes=2)
    assert not RunRequest.objects.exists()
    bring()
    after(clock, minutes=3)
    assert download_of("Film").outcome == Outcome.DONE
    requests.start_requested()
    requests.start_requested()
    run = Job.objects.get(type="process_new_scenes")
    assert run.source == "recheck" and run.params["max_scenes"] == 500
    after(clock, hours=5)
    assert len(rechecks()) == 2, "it waits no more"
    assert not RunRequest.objects.exists(), "the run's own step asks for no other one"
    assert Download.objects.get().recheck_at is None


def test_during_a_run_one_more_follows_it(bring: Callable[[], object], clock: time_machine.Traveller) -> None:
    bring()
    clock.shift(timedelta(minutes=2))
    recheck()
    run = engine.start("process_new_scenes", {"dry_run": True}, source="page")
    requests.start_requested()
    first = engine.claim_next(rechecks()[0].pk)
    assert first is not None
    testing.run_job(first, watch=False)
    requests.start_requested()
    assert list(Job.objects.filter(type="process_new_scenes")) == [run]
    engine.cancel(run.pk)
    requests.start_requested()
    assert Job.objects.filter(type="process_new_scenes").count() == 2


def test_while_one_looks_at_them_no_other_does(bring: Callable[[], object], clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=2))
    recheck()
    clock.shift(timedelta(hours=2))
    recheck()
    assert len(rechecks()) == 1, "it is queued still"


def test_one_that_fails_as_a_whole_is_followed_by_the_next(
    place: Place, bring: Callable[[], object], clock: time_machine.Traveller
) -> None:
    url = place.configure().qbittorrent_url
    place.configure(qbittorrent_url="http://127.0.0.1:1")
    after(clock, minutes=2)
    assert rechecks()[0].is_active and rechecks()[0].attempt == 2, "it tries again by itself"
    engine.cancel(rechecks()[0].pk)
    place.configure(qbittorrent_url=url)
    bring()
    after(clock, minutes=3)
    assert download_of("Film").outcome == Outcome.DONE


def test_one_that_went_meanwhile_is_closed(
    place: Place, bring: Callable[[], object], clock: time_machine.Traveller
) -> None:
    place.qbittorrent.store.torrents.clear()
    after(clock, minutes=2)
    assert download_of("Film").code == "gone"


def test_what_failed_is_left_to_people_and_runs(clock: time_machine.Traveller) -> None:
    Download.objects.create(hash="a" * 40, name="A", outcome=Outcome.FAILED)
    recheck()
    clock.shift(timedelta(hours=3))
    recheck()
    assert not Job.objects.exists()


def test_of_several_supervisors_one_starts_it(bring: Callable[[], object], clock: time_machine.Traveller) -> None:
    ready = threading.Barrier(4)

    def supervise() -> None:
        ready.wait()
        recheck()
        connection.close()

    clock.shift(timedelta(minutes=2))
    threads = [threading.Thread(target=supervise) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rechecks()) == 1


def test_a_job_of_an_earlier_version_handles_all(place: Place) -> None:
    place.add("New", ["New/b.mp4"])
    job = engine.start("process_downloads", source="test")
    Job.objects.filter(pk=job.pk).update(params={})
    testing.work()
    assert place.in_library() == ["New", "New/b.mp4"]


def test_a_run_follows_what_was_placed_although_the_job_crashed_after_that(
    bring: Callable[[], object], clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object) -> None:
        raise KeyError("a bug")

    bring()
    monkeypatch.setattr("scenes.downloads.processing.clean_up", crash)
    after(clock, minutes=2)
    assert rechecks()[0].status == Status.FAILED and download_of("Film").outcome == Outcome.DONE
    assert RunRequest.objects.get().job_type == "process_new_scenes"


def test_a_run_follows_what_was_placed_although_its_worker_died_for_the_last_time(
    bring: Callable[[], object], clock: time_machine.Traveller
) -> None:
    bring()
    clock.shift(timedelta(minutes=2))
    recheck()
    job = engine.claim_next(rechecks()[0].pk)
    assert job is not None
    process(JobContext(job), job.params["download_ids"])
    Job.objects.filter(pk=job.pk).update(claimed_by=gone(), attempt=job.max_attempts)
    engine.recover()
    assert rechecks()[0].status == Status.FAILED
    assert RunRequest.objects.get().job_type == "process_new_scenes"


def gone() -> str:
    """A process of this host that has ended."""
    name, boot, namespace, pid, _ = process_id.current().split("|")
    return "|".join((name, boot, namespace, pid, "an earlier start"))


def test_a_clock_that_was_far_ahead_puts_them_off_no_longer_than_an_hour(
    bring: Callable[[], object], clock: time_machine.Traveller
) -> None:
    Download.objects.update(recheck_at=BEGIN + timedelta(days=4000))
    bring()
    after(clock, seconds=1)
    after(clock, minutes=1, seconds=1)
    assert len(rechecks()) == 1
